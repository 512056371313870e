import { joinSql, Sql, sql } from "../../database/sql.js";
import { PostStatus, statusAt } from "./post-publication.js";

/** A set of posts that a viewer may see: those in this status, within these dates and, if one is given, by this author. */
export type VisibilityScope = {
  readonly status: PostStatus;
  /** Whether the posts have a `publishedAt`, by which they are then listed. */
  readonly dated: boolean;
  readonly listed?: { readonly upTo: Date } | { readonly after: Date };
  readonly authorId?: string;
};

/**
 * Returns the posts that a viewer may see: those published by `now`, and all of their own. A post is in at most one scope.
 * Every read of posts starts from the scopes, even of posts to be changed, so a hidden post can't be told from a missing
 * one.
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

/** The condition that a row of `posts`, with this name in the statement, is in one of the scopes. */
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

/** Reports whether a viewer, undefined if anonymous, may see a post. It agrees with the scopes. */
export function maySee(
  viewerId: string | undefined,
  { authorId, publishedAt }: { readonly authorId: string; readonly publishedAt: Date | null },
  now: Date,
): boolean {
  return authorId === viewerId || statusAt(publishedAt, now) === PostStatus.PUBLISHED;
}
