import { joinSql, limit, Sql, sql } from "../../database/sql.js";
import { isInOneOf, type VisibilityScope } from "../post.visibility.js";
import { anyWithin, boundAt, boundsOf, countOf, rangeOf, type Bounds } from "./keyset.js";
import { OrderDirection } from "./order.js";
import type { Listing, PageRequest } from "./post-list.js";
import { amongMatches, matchesOf } from "./search.statements.js";
import { joinedPosts, postAsJson } from "./post.json.js";
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
export type PageRow<Posts = string> = PostsRow<Posts> & {
  /** Whose page it is, where each of several authors has one. */
  readonly author: string | null;
  /** Key and id of each post, and of the one after them, as JSON. */
  readonly found: string;
  /** Whether there are more than the page shows, on the side that it was read towards. */
  readonly more: 0 | 1;
  /** Whether anything lies before the cursor `after` or within the offset, and after the cursor `before`. */
  readonly precedes: 0 | 1;
  readonly follows: 0 | 1;
};
export type CountRow = { readonly author: string | null; readonly count: number };

const sqlOfColumn: Record<PostColumn, string> = {
  title: "p.title",
  content: "p.content",
  publishedAt: "p.published_at",
  createdAt: "p.created_at",
  updatedAt: "p.updated_at",
  voteCount: "p.vote_count",
  version: "p.version",
  viewerHasVoted: "v.user_id is not null",
  authorName: "u.name",
  authorCreatedAt: "u.created_at",
};

/** Posts that were found: what lists them, what joins `p`, the post, and what they are in the order of. */
type Found = { readonly rows: Sql; readonly on: Sql; readonly order: Sql };

/** What posts are read from: rows that list them, joined with what the columns are of. */
function joined({ columns }: PostSelection, { rows, on }: Omit<Found, "order">, { viewerId }: Reading): Sql {
  const author = columns.has("authorName") || columns.has("authorCreatedAt");
  // Cross joins, so that no planner begins with the authors.
  return sql`${rows} cross join posts p on ${on}
    ${author ? sql`cross join users u on u.id = p.author_id` : sql``}
    ${columns.has("viewerHasVoted") ? sql`left join votes v on v.post_id = p.id and v.user_id = ${viewerId ?? null}` : sql``}`;
}

/** A post as a `PostRow`. */
function rowOf({ columns }: PostSelection): Sql {
  return new Sql(
    `json_array(${["p.id", "p.author_id", ...[...columns].map((column) => sqlOfColumn[column])].join(", ")})`,
  );
}

/** Posts with what is wanted of them, as JSON. */
function postsOf(wanted: Wanted, found: Found, reading: Reading): Sql {
  const { shape } = wanted;
  const posts =
    shape === undefined
      ? sql`json_group_array(${rowOf(wanted)})`
      : joinedPosts(postAsJson(shape, reading.now), found.order);
  return sql`(select ${posts} from ${joined(wanted, found, reading)})`;
}

/** How many bytes the contents of posts have in the answer, as JSON. Nothing is read where nobody asks for them. */
function contentBytes({ contentTimes }: Wanted, { rows, on }: Omit<Found, "order">): Sql {
  if (contentTimes === 0) return sql`0`;
  return sql`(select coalesce(sum(octet_length(json_quote(p.content))), 0) * ${contentTimes} from ${rows} cross join posts p on ${on})`;
}

/** The posts of these ids that can be seen. */
export function postsStatement(reading: Reading, ids: readonly string[], wanted: Wanted): Sql {
  const found = { rows: sql`found`, on: sql`p.id = found.id`, order: sql`p.id` };
  return sql`with found as materialized (select p.id from json_each(${JSON.stringify(ids)}) i cross join posts p on p.id = i.value where ${isInOneOf(reading.scopes)}),
    size as materialized (select ${contentBytes(wanted, found)} as bytes)
    select case when size.bytes <= ${wanted.room} then ${postsOf(wanted, found, reading)} end as posts, size.bytes as contentBytes from size`;
}

/** Which of these users have posts that can be seen. */
export function authorsStatement({ scopes }: Reading, userIds: readonly string[]): Sql {
  return sql`select i.value as id from json_each(${JSON.stringify(userIds)}) i where exists (select 1 from posts p where p.author_id = i.value and ${isInOneOf(scopes)})`;
}

/** Which of these posts a user has voted for. */
export function votedStatement(userId: string, postIds: readonly string[]): Sql {
  return sql`select v.post_id as id from json_each(${JSON.stringify(postIds)}) i cross join votes v on v.post_id = i.value where v.user_id = ${userId}`;
}

/**
 * A page of a list with whether anything precedes and follows, read at one go; its posts are null where one has a longer
 * content than there is room for. The last of `found` is the one after the page, which is read with it.
 *
 * Nothing is sorted or kept on the way that needs a table of its own: making one costs SQLite as much as the page.
 */
export function pageStatement(
  reading: Reading,
  listing: Listing,
  request: PageRequest,
  wanted: PostSelection & { readonly roomOfEach: number },
): Sql {
  const { ctes, source } = sourceOf(reading, listing, undefined);
  const { shape, contentTimes, roomOfEach } = wanted;
  const found = { rows: sql`(${foundOf(listing, request, source)}) c`, on: sql`p.id = c.id` };
  const fits = contentTimes === 0 ? sql`true` : sql`octet_length(p.content) <= ${roomOfEach}`;
  const post = shape === undefined ? rowOf(wanted) : postAsJson(shape, reading.now);
  const posts =
    shape === undefined
      ? sql`json_group_array(case when ${fits} then ${post} end)`
      : joinedPosts(sql`case when ${fits} then ${post} end`);
  const { precedes, follows } = around(listing, request, source);
  return sql`with ${ctes} unit as (select 1) select null as author, found, case when fits then posts end as posts, 0 as contentBytes, count > ${request.size} as more,
      ${precedes} as precedes, ${follows} as follows
    from (select json_group_array(json_array(c.key, c.id)) as found, ${posts} as posts, coalesce(min(${fits}), true) as fits, count(*) as count
      from ${joined(wanted, found, reading)})`;
}

/** Key and id of a page's posts and of the one after them, in the order in which they are read. */
function foundOf(
  { order: { direction } }: Listing,
  { after, before, size, offset, fromEnd }: PageRequest,
  source: Source,
): Sql {
  const rising = (direction === OrderDirection.ASC) !== fromEnd;
  const order = new Sql(rising ? "asc" : "desc");
  const within = boundsOf(direction, boundAt(after, false), boundAt(before, false));
  return sql`select key, id from (${source.range(within, rising, offset + size + 1)}) order by key ${order}, id ${order} ${limit(size + 1, offset)}`;
}

/** Whether anything lies before and after a page, beyond its cursors and its offset. */
function around({ order: { direction } }: Listing, { after, before, offset }: PageRequest, source: Source) {
  // Whatever an offset passes over precedes the page, even one beyond the list's end.
  const precedes =
    after !== undefined
      ? source.any(boundsOf(direction, undefined, boundAt(after, true)))
      : offset > 0
        ? source.any({})
        : sql`0`;
  const follows = before === undefined ? sql`0` : source.any(boundsOf(direction, boundAt(before, true), undefined));
  return { precedes, follows };
}

/**
 * The same page of each author's list or, where no authors are given, of one list. The ids of all pages are found first,
 * so that the size of the contents is known before any is read.
 */
export function pagesStatement(
  reading: Reading,
  listing: Listing,
  request: PageRequest,
  authorIds: readonly string[] | undefined,
  wanted: Wanted,
): Sql {
  const { ctes, from, author, source } = sourceOf(reading, listing, authorIds);
  const { size, fromEnd } = request;
  const order = new Sql((listing.order.direction === OrderDirection.ASC) !== fromEnd ? "asc" : "desc");
  const found = sql`(select json_group_array(json_array(c.key, c.id) order by c.key ${order}, c.id ${order})
    from (${foundOf(listing, request, source)}) c)`;
  const { precedes, follows } = around(listing, request, source);

  // Without the one too many, which is the last that was found.
  const each = {
    rows: sql`json_each(pages.found) c`,
    on: sql`p.id = c.value ->> 1 and c.key < ${size}`,
    order: sql`c.key`,
  };
  const ofAll = { rows: sql`pages cross join ${each.rows}`, on: each.on };
  return sql`with ${ctes} pages as materialized (select ${author} as author, ${found} as found, ${precedes} as precedes, ${follows} as follows ${from}),
    size as materialized (select ${contentBytes(wanted, ofAll)} as bytes)
    select author, found, case when size.bytes <= ${wanted.room} then ${postsOf(wanted, each, reading)} end as posts,
      size.bytes as contentBytes, json_array_length(found) > ${size} as more, precedes, follows from pages cross join size`;
}

/** How many posts a list has or, where authors are given, each author's list. */
export function countsStatement(reading: Reading, listing: Listing, authorIds: readonly string[] | undefined): Sql {
  const { ctes, from, author, source } = sourceOf(reading, listing, authorIds);
  return sql`with ${ctes} unit as (select 1) select ${author} as author, ${source.count()} as count ${from}`;
}

/** Where a list's posts come from: key and id of those within bounds, whether there are any, and how many in all. */
export type Source = {
  readonly range: (bounds: Bounds, rising: boolean, take: number) => Sql;
  readonly any: (bounds: Bounds) => Sql;
  readonly count: () => Sql;
};

/** The source of a list, with what its statement begins with and stands on: one row, or one for each author. */
function sourceOf(reading: Reading, listing: Listing, authorIds: readonly string[] | undefined) {
  const scopes = reading.scopes.filter(({ status }) => listing.status === undefined || listing.status === status);
  if (listing.search !== undefined) {
    const ctes = sql`matches as materialized (${matchesOf(listing, scopes)}),`;
    return { ctes, from: sql``, author: sql`null`, source: amongMatches };
  }
  const whose =
    authorIds !== undefined ? sql`a.value` : listing.authorId === undefined ? undefined : sql`${listing.authorId}`;
  return {
    ctes: sql``,
    from: authorIds === undefined ? sql`` : sql`from json_each(${JSON.stringify(authorIds)}) a`,
    author: authorIds === undefined ? sql`null` : sql`a.value`,
    source: alongIndex(listing, scopes, whose),
  };
}

/** All that can be seen, found along the index of the order. */
function alongIndex(listing: Listing, scopes: readonly VisibilityScope[], author: Sql | undefined): Source {
  // It comes first, or SQLite would sort each scope anew to merge them.
  const nothing = sql`select null as key, null as id where false`;
  return {
    range: (bounds, rising, take) =>
      joinSql(
        [
          nothing,
          ...scopes.map((scope) => sql`select * from (${rangeOf(listing, scope, author, bounds, rising, take)})`),
        ],
        " union all ",
      ),
    any: (bounds) =>
      sql`(${joinSql([sql`false`, ...scopes.map((scope) => anyWithin(listing, scope, author, bounds))], " or ")})`,
    count: () => joinSql([sql`0`, ...scopes.map((scope) => countOf(listing, scope, author))], " + "),
  };
}
