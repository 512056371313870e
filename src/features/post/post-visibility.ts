import { joinSql, Sql, sql } from "../../database/sql.js";
import type { LogEvent } from "../../database/event-log/event.js";
import { PostStatus, statusAt } from "./post-publication.js";

/** A reason to see posts: they are all in this status, in these dates, and of this author where one is named. */
export type VisibilityScope = {
  readonly status: PostStatus;
  /** Whether they have a `publishedAt`. Those that have it are listed by it. */
  readonly dated: boolean;
  readonly listed?: { readonly upTo: Date } | { readonly after: Date };
  readonly authorId?: string;
};

/**
 * Who sees what, the only place that says so: everybody what is published by `now`, and authors whatever is theirs.
 * A post meets at most one of the scopes. Every read of posts starts from them, changes of foreign posts too, so that
 * what can't be seen can't be told from what isn't there.
 */
export function visibilityScopes(viewerId: string | undefined, now: Date): VisibilityScope[] {
  const published: VisibilityScope = { status: PostStatus.PUBLISHED, dated: true, listed: { upTo: now } };
  if (viewerId === undefined) return [published];
  const authorId = viewerId;
  return [
    published,
    { status: PostStatus.DRAFT, dated: false, authorId },
    { status: PostStatus.SCHEDULED, dated: true, listed: { after: now }, authorId },
  ];
}

/** That a row of `posts`, by the name that it has in the statement, meets one of the scopes. */
export function isInOneOf(scopes: readonly VisibilityScope[], name = "p"): Sql {
  const row = new Sql(name);
  const conditions = scopes.map(({ dated, listed, authorId }) =>
    joinSql(
      [
        dated ? sql`${row}.published_at is not null` : sql`${row}.published_at is null`,
        ...(listed === undefined
          ? []
          : "upTo" in listed
            ? [sql`${row}.listed_at <= ${listed.upTo}`]
            : [sql`${row}.listed_at > ${listed.after}`]),
        ...(authorId === undefined ? [] : [sql`${row}.author_id = ${authorId}`]),
      ],
      " and ",
    ),
  );
  return sql`(${conditions.length === 0 ? sql`false` : joinSql(conditions, " or ")})`;
}

/** That an event of the log, whose columns are at hand, is about a post that the viewer could see before or after it. */
export function isEventFor(viewerId: string | undefined): Sql {
  const seenByAll = sql`published_before <= at or published_after <= at`;
  return viewerId === undefined ? sql`(${seenByAll})` : sql`(author_id = ${viewerId} or ${seenByAll})`;
}

/** Whether a viewer (undefined: anybody) may see a post that was read as its author sees it: the scopes say the same. */
export function maySee(
  viewerId: string | undefined,
  { authorId, publishedAt }: { readonly authorId: string; readonly publishedAt: Date | null },
  now: Date,
): boolean {
  return authorId === viewerId || statusAt(publishedAt, now) === PostStatus.PUBLISHED;
}

/** What a change of a post is to those who could see the post before it, after it, or both. */
export type ChangeSeen = "ADDED" | "CHANGED" | "VOTED" | "REMOVED";

/** What a change of a post is to its author or to all others; undefined for nothing at all. */
export function changeSeen(event: LogEvent, by: "author" | "others"): ChangeSeen | undefined {
  const { change, at, publishedBefore, publishedAfter } = event;
  const isPublished = (since: number | null) => since !== null && since <= at;
  const [before, after] =
    by === "author"
      ? [change !== "created", change !== "deleted"]
      : [change !== "due" && isPublished(publishedBefore), isPublished(publishedAfter)];
  if (!before) return after ? "ADDED" : undefined;
  if (!after) return "REMOVED";
  return change === "voted" ? "VOTED" : "CHANGED";
}
