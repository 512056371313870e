import type { SqlEntityManager } from "@mikro-orm/knex";

import type { Dialect } from "../../database/sql.js";
import type { Transaction } from "../../database/transaction.js";
import { endingSessions, type Ended } from "../session/session.service.js";
import type { User } from "../user/user.entity.js";
import { lockUser } from "../user/user.service.js";

/** The most posts, or votes, that one transaction deletes. Others who write wait for no more than that. */
const rowsOfSlice = 1000;

/**
 * Removes a user with everything that is theirs, within the caller's transaction, which has locked the user. If they have
 * too many posts or votes for one transaction, only the first of those are removed.
 *
 * @returns the sessions that end with the user; undefined if there is more to remove.
 */
export async function removeUser(
  em: SqlEntityManager,
  dialect: Dialect,
  user: User,
  now: Date,
): Promise<Ended | undefined> {
  if (await removeSlice(em, dialect, user.id)) return undefined;
  const ended = await endingSessions(em, user.id, now);
  await lockPosts(em, dialect, "author_id = ? or id in (select post_id from votes where user_id = ?)", [
    user.id,
    user.id,
  ]);
  // The rows that refer to the user go with theirs.
  await em.remove(user).flush();
  return ended;
}

/** Goes on removing a user until nothing is left, each step in a transaction of its own. Returns the ended sessions. */
export async function removeRest(transaction: Transaction, userId: string, now: Date): Promise<Ended> {
  for (;;) {
    const ended = await transaction(async (em, dialect) => {
      const user = await lockUser(em, userId);
      // Somebody else has removed the last of it.
      return user === null ? nobody : removeUser(em, dialect, user, now);
    });
    if (ended !== undefined) return ended;
  }
}

const nobody: Ended = { count: 0, ids: [] };

/** Removes the first posts, or else votes, of a user who has a slice of them. Returns whether there was one. */
async function removeSlice(em: SqlEntityManager, dialect: Dialect, userId: string): Promise<boolean> {
  const posts = `select id from posts where author_id = ? order by id limit ${rowsOfSlice}`;
  const votes = `select post_id from votes where user_id = ? order by post_id limit ${rowsOfSlice}`;
  for (const [ids, remove] of [
    [posts, `delete from posts where id in (${posts})`],
    [votes, `delete from votes where user_id = ? and post_id in (${votes})`],
  ] as const) {
    const found = await em.execute<unknown[]>(ids, [userId]);
    if (found.length < rowsOfSlice) continue;
    await lockPosts(em, dialect, `id in (${ids})`, [userId]);
    await em.execute(remove, remove.startsWith("delete from votes") ? [userId, userId] : [userId], "run");
    return true;
  }
  return false;
}

/**
 * Locks posts in the order of their ids. A post is locked before its votes, and a vote that goes changes the count of
 * somebody else's post. SQLite has one writer at a time.
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
