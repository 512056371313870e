import { Sql, sql } from "../../database/sql.js";
import { around, foundOf } from "../../paging/keyset.js";
import { OrderDirection, type PageRequest } from "../../paging/page-request.js";
import type { KeysetRow } from "../../paging/page.js";
import { sourceOf } from "./list-source.js";
import type { Listing } from "./post-list.js";
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

/** A page as its statement answers it. */
export type PageRow<Posts = string> = PostsRow<Posts> &
  KeysetRow & {
    /** Whose page it is, where each of several authors has one. */
    readonly author: string | null;
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
  const found = { rows: sql`(${foundOf(listing.order.direction, request, source)}) c`, on: sql`p.id = c.id` };
  const fits = contentFits(wanted);
  const post = shape === undefined ? rowOf(wanted) : postAsJson(shape, reading.now);
  const posts =
    shape === undefined
      ? sql`json_group_array(case when ${fits} then ${post} end)`
      : joinedPosts(sql`case when ${fits} then ${post} end`);
  const { precedes, follows } = around(listing.order.direction, request, source);
  return sql`with ${ctes} unit as (select 1) select null as author, found, case when fits then posts end as posts, 0 as contentBytes, count > ${request.size} as more,
      ${precedes} as precedes, ${follows} as follows
    from (select json_group_array(json_array(c.key, c.id)) as found, ${posts} as posts, coalesce(min(${fits}), true) as fits, count(*) as count
      from ${joined(wanted, found, reading)})`;
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
    from (${foundOf(listing.order.direction, request, source)}) c)`;
  const { precedes, follows } = around(listing.order.direction, request, source);

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
