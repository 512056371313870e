import type { SqlEntityManager } from "@mikro-orm/knex";

import { publish } from "../../database/event-log/publish.js";
import type { Dialect } from "../../database/sql.js";
import type { Transaction } from "../../database/transaction.js";
import { endingSessions, type Ended } from "../session/session.service.js";
import type { User } from "../user/user.entity.js";
import { lockUser } from "../user/user.service.js";

/** A transaction deletes at most this many posts or votes, so that other writers don't wait for more. */
const batchSize = 1000;

/**
 * Removes a user with all their data, within the caller's transaction, which has locked the user. If there are too many
 * posts or votes for one transaction, only a batch of them is removed.
 *
 * @returns the sessions that end with the user; undefined if there is more to remove.
 */
export async function removeUser(
  em: SqlEntityManager,
  dialect: Dialect,
  user: User,
  now: Date,
): Promise<Ended | undefined> {
  if (await removeBatch(em, dialect, user.id)) return undefined;
  const ended = await endingSessions(em, user.id, now);
  await lockPosts(em, dialect, "author_id = ? or id in (select post_id from votes where user_id = ?)", [
    user.id,
    user.id,
  ]);
  // Rows that refer to the user are deleted in cascade.
  await em.remove(user).flush();
  publish(em, { topic: "user.deleted", subject: user.id, owner: user.id });
  return ended;
}

/** Removes a user batch by batch, each in a transaction of its own. Returns the sessions that ended. */
export async function removeRest(transaction: Transaction, userId: string, now: Date): Promise<Ended> {
  for (;;) {
    const ended = await transaction(async (em, dialect) => {
      const user = await lockUser(em, userId);
      // Another request has removed the rest.
      return user === null ? noSessions : removeUser(em, dialect, user, now);
    });
    if (ended !== undefined) return ended;
  }
}

const noSessions: Ended = { count: 0, ids: [] };

/** Removes a full batch of the user's posts or votes. Returns whether there was one. */
async function removeBatch(em: SqlEntityManager, dialect: Dialect, userId: string): Promise<boolean> {
  const posts = `select id from posts where author_id = ? order by id limit ${batchSize}`;
  const votes = `select post_id from votes where user_id = ? order by post_id limit ${batchSize}`;
  for (const [ids, remove] of [
    [posts, `delete from posts where id in (${posts})`],
    [votes, `delete from votes where user_id = ? and post_id in (${votes})`],
  ] as const) {
    const found = await em.execute<unknown[]>(ids, [userId]);
    if (found.length < batchSize) continue;
    await lockPosts(em, dialect, `id in (${ids})`, [userId]);
    await em.execute(remove, remove.startsWith("delete from votes") ? [userId, userId] : [userId], "run");
    return true;
  }
  return false;
}

/**
 * Locks posts in the order of their ids. A post is locked before its votes, since deleting a vote changes the count of
 * another user's post. SQLite has one writer at a time and needs no locks.
 */
async function lockPosts(
  em: SqlEntityManager,
  { name }: Dialect,
  condition: string,
  values: readonly string[],
): Promise<void> {
  if (name === "sqlite") return;
  const locked = `select 1 from posts where ${condition} order by id for update`;
  await em.execute(`select count(*) from (${locked}) locked`, [...values]);
}
