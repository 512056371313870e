import type { SqlEntityManager } from "@mikro-orm/knex";

import { type Dialect, limit, sql } from "../../database/sql.js";
import { KnownError } from "../../foundation/errors.js";

const hourMilliseconds = 60 * 60 * 1000;

/**
 * Finds the number of the author's newest creation, and when the one was that has to be an hour old by now: both by the
 * table's key, however many posts an hour may have.
 */
export const creationsOf = (authorId: string, postsPerHour: number) =>
  sql`select number, (select created_at from post_creations as earlier
      where earlier.author_id = ${authorId} and earlier.number = newest.number - ${postsPerHour - 1}) as created_at
    from post_creations as newest where author_id = ${authorId} order by number desc ${limit(1)}`;

/** Forgets two of the author's oldest creations that are an hour old, of which one is added at a time. */
const forgetOldOf = (authorId: string, now: Date) =>
  sql`delete from post_creations where author_id = ${authorId} and created_at <= ${now.getTime() - hourMilliseconds}
    and number in (select number from post_creations where author_id = ${authorId} order by number ${limit(2)})`;

/**
 * Counts a post that the author creates at `now`, within the caller's transaction, which has locked the author. A post
 * that is deleted afterwards still counts.
 *
 * @throws KnownError `TOO_MANY_ATTEMPTS` with `retryAfterSeconds` if the author has created so many in the last hour.
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
  // A driver gives whole numbers of eight bytes as text.
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
  const forget = forgetOldOf(authorId, now).in(dialect);
  await em.execute(forget.text, [...forget.values]);
}
