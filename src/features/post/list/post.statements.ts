import { bytes, joinInOrder, jsonArray, jsonArrays, jsonOfText, texts } from "../../../database/dialect.js";
import { type RowOrder, Sql, sql } from "../../../database/sql.js";
import { isInOneOf, type VisibilityScope } from "../post.visibility.js";
import { joinedPosts, postAsJson, type PostShape } from "./post.json.js";
import type { PostColumn, PostSelection } from "./selection.js";

/** Who reads: the posts that they may see, and whose votes to tell. */
export type Reading = {
  readonly scopes: readonly VisibilityScope[];
  readonly viewerId: string | undefined;
  readonly now: Date;
};

/**
 * What is wanted of each post, and how many bytes of content the answer still has room for. With a shape, posts come as
 * they stand in the answer.
 */
export type Wanted = PostSelection & { readonly room: number };

/**
 * A post as the database hands it over, dates in milliseconds since 1970: its id, its author's id, and then the columns
 * that were asked for, in the order of the selection.
 */
export type PostRow = readonly [id: string, authorId: string, ...rest: unknown[]];

/**
 * Posts as JSON of `PostRow[]` or, where a shape is wanted, joined as they stand in the answer; null where the contents of
 * all rows are more than there is room for.
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

/** Posts that were found: what lists them, what joins `p`, the post, and what they are in the order of. */
type Found = { readonly rows: Sql; readonly on: Sql; readonly order: RowOrder };

/** What posts are read from: rows that list them, joined with what the columns are of. */
export function joined({ columns }: PostSelection, { rows, on }: Omit<Found, "order">, { viewerId }: Reading): Sql {
  const author = columns.has("authorName") || columns.has("authorCreatedAt");
  return sql`${rows} ${joinInOrder} posts p on ${on}
    ${author ? sql`${joinInOrder} users u on u.id = p.author_id` : sql``}
    ${columns.has("viewerHasVoted") ? sql`left join votes v on v.post_id = p.id and v.user_id = ${viewerId ?? null}` : sql``}`;
}

/** A post as a `PostRow`. */
export function rowOf({ columns }: PostSelection): Sql {
  return jsonArray(new Sql(["p.id", "p.author_id", ...[...columns].map((column) => sqlOfColumn[column])].join(", ")));
}

/** Posts with what is wanted of them, as JSON. */
export function postsOf(wanted: Wanted, found: Found, reading: Reading): Sql {
  const { shape } = wanted;
  const posts =
    shape === undefined
      ? jsonArrays(rowOf(wanted), { ...found.order, isKept: true })
      : joinedPosts(postAsJson(shape, reading.now), found.order);
  return sql`(select ${posts} from ${joined(wanted, found, reading)})`;
}

/** How many bytes the contents of posts have in the answer, as JSON. Nothing is read where nobody asks for them. */
export function contentBytes({ contentTimes }: Wanted, { rows, on }: Omit<Found, "order">): Sql {
  if (contentTimes === 0) return sql`0`;
  return sql`(select coalesce(sum(octet_length(${jsonOfText(new Sql("p.content"))})), 0) * ${contentTimes} from ${rows} ${joinInOrder} posts p on ${on})`;
}

/** Whether there is room for the content of a post, where anybody asks for it. */
export function contentFits({ contentTimes, roomOfEach }: PostSelection & { readonly roomOfEach: number }): Sql {
  return contentTimes === 0 ? sql`true` : sql`octet_length(p.content) <= ${roomOfEach}`;
}

/** A post as it stands in the answer, where it can be seen; null where its content is longer than there is room for. */
export function postStatement(
  reading: Reading,
  id: string,
  wanted: PostSelection & { readonly shape: PostShape; readonly roomOfEach: number },
): Sql {
  const found = { rows: sql`(select 1) one`, on: sql`p.id = ${id}` };
  return sql`select case when ${contentFits(wanted)} then ${bytes(postAsJson(wanted.shape, reading.now))} end as post
    from ${joined(wanted, found, reading)} where ${isInOneOf(reading.scopes)}`;
}

/** Ids as the table `i`, with each as a `value`. */
const listed = (ids: readonly string[]): Sql => texts(sql`${JSON.stringify(ids)}`, new Sql("i"));

/** The posts of these ids that can be seen. */
export function postsStatement(reading: Reading, ids: readonly string[], wanted: Wanted): Sql {
  const found = { rows: sql`found`, on: sql`p.id = found.id`, order: { by: sql`p.id` } };
  return sql`with found as materialized (select p.id from ${listed(ids)} ${joinInOrder} posts p on p.id = i.value where ${isInOneOf(reading.scopes)}),
    size as materialized (select ${contentBytes(wanted, found)} as bytes)
    select case when size.bytes <= ${wanted.room} then ${postsOf(wanted, found, reading)} end as posts, size.bytes as "contentBytes" from size`;
}

/** Which of these users have posts that can be seen. */
export function authorsStatement({ scopes }: Reading, userIds: readonly string[]): Sql {
  return sql`select i.value as id from ${listed(userIds)} where exists (select 1 from posts p where p.author_id = i.value and ${isInOneOf(scopes)})`;
}

/** Which of these posts a user has voted for. */
export function votedStatement(userId: string, postIds: readonly string[]): Sql {
  return sql`select v.post_id as id from ${listed(postIds)} ${joinInOrder} votes v on v.post_id = i.value where v.user_id = ${userId}`;
}

/** Which of these users have voted for a post. */
export function votersStatement(postId: string, userIds: readonly string[]): Sql {
  return sql`select v.user_id as id from ${listed(userIds)} ${joinInOrder} votes v on v.user_id = i.value where v.post_id = ${postId}`;
}
