import { jsonArray, jsonArrays, lengthOf, tuples } from "../../database/dialect.js";
import { limit, Sql, sql } from "../../database/sql.js";
import { boundAt, boundsOf } from "./keyset.js";
import { OrderDirection } from "./order.js";
import { sourceOf, type Source } from "./list-source.js";
import type { Listing, PageRequest } from "./post-list.js";
import { joinedPosts, postAsJson } from "./post.json.js";
import {
  contentBytes,
  contentFits,
  joined,
  postsOf,
  rowOf,
  type PostsRow,
  type Reading,
  type Wanted,
} from "./post.statements.js";
import type { PostSelection } from "./selection.js";

/** Whether something holds, as one or another database answers it. */
type Truth = boolean | 0 | 1;

/** A page as its statement answers it. */
export type PageRow<Posts = string> = PostsRow<Posts> & {
  /** Whose page it is, where each of several authors has one. */
  readonly author: string | null;
  /** Key and id of each post, and of the one after them, as JSON. */
  readonly found: string;
  /** Whether there are more than the page shows, on the side that it was read towards. */
  readonly more: Truth;
  /** Whether anything lies before the cursor `after` or within the offset, and after the cursor `before`. */
  readonly precedes: Truth;
  readonly follows: Truth;
};

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
  const { shape } = wanted;
  const found = { rows: sql`(${foundOf(listing, request, source)}) c`, on: sql`p.id = c.id` };
  const fits = contentFits(wanted);
  const direction = readingOrder(listing, request);
  const order = { by: sql`c.key ${direction}, c.id ${direction}`, isKept: true };
  const post = shape === undefined ? rowOf(wanted) : postAsJson(shape, reading.now);
  const posts =
    shape === undefined
      ? jsonArrays(sql`case when ${fits} then ${post} end`, order)
      : joinedPosts(sql`case when ${fits} then ${post} end`, order);
  const { precedes, follows } = around(listing, request, source);
  return sql`with ${ctes} unit as (select 1) select null as author, found, case when fits = 1 then posts end as posts, 0 as "contentBytes", count > ${request.size} as more,
      ${precedes} as precedes, ${follows} as follows
    from (select ${jsonArrays(positions, order)} as found, ${posts} as posts, coalesce(min(case when ${fits} then 1 else 0 end), 1) as fits, count(*) as count
      from ${joined(wanted, found, reading)}) page`;
}

const positions = jsonArray(sql`c.key, c.id`);

const ascending = new Sql("asc");
const descending = new Sql("desc");

/** In which direction a page is read: away from the end that it starts from. */
const readingOrder = ({ order: { direction } }: Listing, { fromEnd }: PageRequest): Sql =>
  (direction === OrderDirection.ASC) !== fromEnd ? ascending : descending;

/** Key and id of a page's posts and of the one after them, in the order in which they are read. */
function foundOf(listing: Listing, request: PageRequest, source: Source): Sql {
  const { direction } = listing.order;
  const { after, before, size, offset } = request;
  const order = readingOrder(listing, request);
  const rising = order === ascending;
  const within = boundsOf(direction, boundAt(after, false), boundAt(before, false));
  return sql`select key, id from (${source.range(within, rising, offset + size + 1)}) ranges order by key ${order}, id ${order} ${limit(size + 1, offset)}`;
}

/** Whether anything lies before and after a page, beyond its cursors and its offset. */
function around({ order: { direction } }: Listing, { after, before, offset }: PageRequest, source: Source) {
  // Whatever an offset passes over precedes the page, even one beyond the list's end.
  const precedes =
    after !== undefined
      ? source.any(boundsOf(direction, undefined, boundAt(after, true)))
      : offset > 0
        ? source.any({})
        : sql`false`;
  const follows = before === undefined ? sql`false` : source.any(boundsOf(direction, boundAt(before, true), undefined));
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
  const { size } = request;
  const order = readingOrder(listing, request);
  const found = sql`(select ${jsonArrays(positions, { by: sql`c.key ${order}, c.id ${order}` })}
    from (${foundOf(listing, request, source)}) c)`;
  const { precedes, follows } = around(listing, request, source);

  // Without the one too many, which is the last that was found.
  const each = {
    rows: tuples(sql`pages.found`, new Sql("c")),
    on: sql`p.id = c.value ->> 1 and c.key < ${size}`,
    order: { by: sql`c.key` },
  };
  const ofAll = { rows: sql`pages cross join ${each.rows}`, on: each.on };
  return sql`with ${ctes} pages as materialized (select ${author} as author, ${found} as found, ${precedes} as precedes, ${follows} as follows ${from}),
    size as materialized (select ${contentBytes(wanted, ofAll)} as bytes)
    select author, found, case when size.bytes <= ${wanted.room} then ${postsOf(wanted, each, reading)} end as posts,
      size.bytes as "contentBytes", ${lengthOf(sql`found`)} > ${size} as more, precedes, follows from pages cross join size`;
}
