import type { SqlEntityManager } from "@mikro-orm/knex";

import { type Dialect, limit, sql } from "../../database/sql.js";
import { KnownError } from "../../foundation/errors.js";

const hourMilliseconds = 60 * 60 * 1000;

/**
 * Selects the number of the author's newest creation, and the time of the creation that has to be an hour old. Both are
 * found by the table's key, whatever the quota.
 */
export const creationsOf = (authorId: string, postsPerHour: number) =>
  sql`select number, (select created_at from post_creations as earlier
      where earlier.author_id = ${authorId} and earlier.number = newest.number - ${postsPerHour - 1}) as created_at
    from post_creations as newest where author_id = ${authorId} order by number desc ${limit(1)}`;

/** Deletes at most two of the author's creations that are an hour old: one more than is added at a time. */
const deleteOldOf = (authorId: string, now: Date) =>
  sql`delete from post_creations where author_id = ${authorId} and created_at <= ${now.getTime() - hourMilliseconds}
    and number in (select number from post_creations where author_id = ${authorId} order by number ${limit(2)})`;

/**
 * Counts a post that the author creates at `now`, within the caller's transaction, which has locked the author. Deleted
 * posts count too.
 *
 * @throws KnownError `TOO_MANY_ATTEMPTS` with `retryAfterSeconds` if the author has used up the quota of the last hour.
 */
export async function countCreation(
  em: SqlEntityManager,
  dialect: Dialect,
  authorId: string,
  postsPerHour: number,
  now: Date,
): Promise<void> {
  const found = creationsOf(authorId, postsPerHour).in(dialect);
  const [newest] = await em.execute<{ number: number; created_at: number | string | null }[]>(found.text, [
    ...found.values,
  ]);
  // Drivers return 64-bit integers as text.
  const earlier = newest?.created_at == null ? undefined : Number(newest.created_at);
  const leftMilliseconds = earlier === undefined ? 0 : earlier + hourMilliseconds - now.getTime();
  if (leftMilliseconds > 0)
    throw new KnownError(
      "TOO_MANY_ATTEMPTS",
      "You have created too many posts in the last hour; wait before the next",
      {
        retryAfterSeconds: Math.ceil(leftMilliseconds / 1000),
      },
    );
  await em.execute("insert into post_creations (author_id, number, created_at) values (?, ?, ?)", [
    authorId,
    (newest?.number ?? 0) + 1,
    now.getTime(),
  ]);
  const deletion = deleteOldOf(authorId, now).in(dialect);
  await em.execute(deletion.text, [...deletion.values]);
}
