import { bytes, joinInOrder, jsonArray, jsonArrays, jsonOfText, texts } from "../../../database/dialect.js";
import { type RowOrder, Sql, sql } from "../../../database/sql.js";
import { isInOneOf, type VisibilityScope } from "../post-visibility.js";
import { joinedPosts, postAsJson, type PostShape } from "./post-json.js";
import type { PostColumn, PostSelection } from "./selection.js";

/** The viewer of a read: which posts they may see, and whose votes to return. */
export type Reading = {
  readonly scopes: readonly VisibilityScope[];
  readonly viewerId: string | undefined;
  readonly now: Date;
};

/**
 * The selected fields of each post, and how many bytes of content the response still has room for. With a shape, posts are
 * returned as the JSON of the response.
 */
export type Wanted = PostSelection & { readonly room: number };

/**
 * A post as the database returns it, dates in milliseconds since 1970: its id, its author's id, and then the selected
 * columns in the order of the selection.
 */
export type PostRow = readonly [id: string, authorId: string, ...rest: unknown[]];

/**
 * Posts as the JSON of `PostRow[]` or, with a shape, their JSON joined; null if the contents of all rows are larger than
 * the room.
 */
export type PostsRow<Posts = string> = { readonly posts: Posts | null; readonly contentBytes: number };

const sqlOfColumn: Record<PostColumn, string> = {
  title: "p.title",
  content: "p.content",
  publishedAt: "p.published_at",
  createdAt: "p.created_at",
  updatedAt: "p.updated_at",
  voteCount: "p.vote_count",
  version: "p.version",
  viewerHasVoted: "case when v.user_id is null then 0 else 1 end",
  authorName: "u.name",
  authorCreatedAt: "u.created_at",
};

/** The parts of a statement that depend on what is selected of its posts, which it calls `p`. */
type PostParts = {
  /** The JSON of a post: a `PostRow` or, with a shape, as in the response. */
  readonly json: Sql;
  /** Aggregates the JSON of all posts, in an order. */
  readonly list: (json: Sql, order: RowOrder) => Sql;
  /** Joins the tables that the columns are in. */
  readonly joins: Sql;
};

export function postParts({ columns, shape }: PostSelection, { viewerId, now }: Reading): PostParts {
  const users = columns.has("authorName") || columns.has("authorCreatedAt");
  const joinUsers = users ? sql`${joinInOrder} users u on u.id = p.author_id` : sql``;
  const joinVotes = columns.has("viewerHasVoted")
    ? sql`left join votes v on v.post_id = p.id and v.user_id = ${viewerId ?? null}`
    : sql``;
  const joins = sql`${joinUsers} ${joinVotes}`;
  if (shape !== undefined) return { json: postAsJson(shape, now), list: joinedPosts, joins };
  const values = ["p.id", "p.author_id", ...[...columns].map((column) => sqlOfColumn[column])];
  return {
    json: jsonArray(new Sql(values.join(", "))),
    list: (json, order) => jsonArrays(json, { ...order, isKept: true }),
    joins,
  };
}

/**
 * Measures the contents of posts, in bytes of JSON in the response. No content is read if none is selected.
 *
 * @param from the tables of the posts.
 */
export function contentBytes({ contentTimes }: PostSelection, from: Sql): Sql {
  if (contentTimes === 0) return sql`0`;
  return sql`(select coalesce(sum(octet_length(${jsonOfText(new Sql("p.content"))})), 0) * ${contentTimes} from ${from})`;
}

/** The condition that there is room for the content of a post, if it is selected. */
export function contentFits({ contentTimes, roomOfEach }: PostSelection & { readonly roomOfEach: number }): Sql {
  return contentTimes === 0 ? sql`true` : sql`octet_length(p.content) <= ${roomOfEach}`;
}

/** Reads the JSON of a post, if the viewer may see it; null if its content is longer than `roomOfEach`. */
export function postStatement(
  reading: Reading,
  id: string,
  wanted: PostSelection & { readonly shape: PostShape; readonly roomOfEach: number },
): Sql {
  const post = postParts(wanted, reading);
  return sql`select case when ${contentFits(wanted)} then ${bytes(post.json)} end as post
    from (select 1) one ${joinInOrder} posts p on p.id = ${id} ${post.joins}
    where ${isInOneOf(reading.scopes)}`;
}

/** Reads the posts of these ids that the viewer may see. */
export function postsStatement(reading: Reading, ids: readonly string[], wanted: Wanted): Sql {
  const post = postParts(wanted, reading);
  const posts = sql`found ${joinInOrder} posts p on p.id = found.id`;
  return sql`with found as materialized (
      select p.id from ${listed(ids)} ${joinInOrder} posts p on p.id = i.value where ${isInOneOf(reading.scopes)}
    ),
    size as materialized (select ${contentBytes(wanted, posts)} as bytes)
    select
      case when size.bytes <= ${wanted.room} then (
        select ${post.list(post.json, { by: sql`p.id` })} from ${posts} ${post.joins}
      ) end as posts,
      size.bytes as "contentBytes"
    from size`;
}

/** Finds the users among these who have posts that the viewer may see. */
export function authorsStatement({ scopes }: Reading, userIds: readonly string[]): Sql {
  return sql`select i.value as id from ${listed(userIds)}
    where exists (select 1 from posts p where p.author_id = i.value and ${isInOneOf(scopes)})`;
}

/** Finds the posts among these that a user has voted for. */
export function votedStatement(userId: string, postIds: readonly string[]): Sql {
  return sql`select v.post_id as id from ${listed(postIds)} ${joinInOrder} votes v on v.post_id = i.value
    where v.user_id = ${userId}`;
}

/** Finds the users among these who have voted for a post. */
export function votersStatement(postId: string, userIds: readonly string[]): Sql {
  return sql`select v.user_id as id from ${listed(userIds)} ${joinInOrder} votes v on v.user_id = i.value
    where v.post_id = ${postId}`;
}

/** The ids as a table `i`. */
const listed = (ids: readonly string[]): Sql => texts(sql`${JSON.stringify(ids)}`, new Sql("i"));
