import type { SqlEntityManager } from "@mikro-orm/knex";

import { type Dialect, limit, sql } from "../../database/sql.js";
import { KnownError } from "../../foundation/errors.js";

const hourMilliseconds = 60 * 60 * 1000;

/**
 * Selects the number of the author's newest creation, the time of the creation that has to be an hour old, and that of the
 * oldest one. All are found by the table's key, whatever the quota.
 */
export const creationsOf = (authorId: string, postsPerHour: number) =>
  sql`select number, (select created_at from post_creations as earlier
      where earlier.author_id = ${authorId} and earlier.number = newest.number - ${postsPerHour - 1}) as created_at,
      (select created_at from post_creations as oldest where oldest.author_id = ${authorId} order by number ${limit(1)})
        as oldest_at
    from post_creations as newest where author_id = ${authorId} order by number desc ${limit(1)}`;

/** Deletes at most two of the author's creations that are an hour old: one more than is added at a time. */
const deleteOldOf = (authorId: string, now: Date) =>
  sql`delete from post_creations where author_id = ${authorId} and created_at <= ${now.getTime() - hourMilliseconds}
    and number in (select number from post_creations where author_id = ${authorId} order by number ${limit(2)})`;

type Creations = {
  readonly number: number;
  readonly created_at: number | string | null;
  readonly oldest_at: number | string;
};

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
  const [newest] = await em.execute<Creations[]>(found.text, [...found.values]);
  // How long ago a creation was. Drivers return 64-bit integers as text.
  const ageOf = (at: number | string | null = null) => (at === null ? undefined : now.getTime() - Number(at));
  const leftMilliseconds = hourMilliseconds - (ageOf(newest?.created_at) ?? hourMilliseconds);
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
  if ((ageOf(newest?.oldest_at) ?? 0) < hourMilliseconds) return;
  const deletion = deleteOldOf(authorId, now).in(dialect);
  await em.execute(deletion.text, [...deletion.values]);
}
