import { jsonArrays, lengthOf, tuples } from "../../../database/dialect.js";
import { Sql, sql } from "../../../database/sql.js";
import { around, foundOf, foundOrder, foundPositions } from "../../../kit/paging/keyset.js";
import type { PageRequest } from "../../../kit/paging/page-request.js";
import type { KeysetRow } from "../../../kit/paging/page.js";
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
  const { ctes, source, counted } = sourceOf(reading, listing, undefined);
  const { shape } = wanted;
  const { direction } = listing.order;
  const found = { rows: sql`(${foundOf(direction, request, source)}) c`, on: sql`p.id = c.id` };
  const fits = contentFits(wanted);
  const order = { by: foundOrder(direction, request), isKept: true };
  const whereItFits = (post: Sql) => sql`case when ${fits} then ${post} end`;
  const posts =
    shape === undefined
      ? jsonArrays(whereItFits(rowOf(wanted)), order)
      : joinedPosts(whereItFits(postAsJson(shape, reading.now)), order);
  const { precedes, follows } = around(direction, request, source);
  return sql`with ${ctes} unit as (select 1) select null as author, found, case when fits = 1 then posts end as posts, 0 as "contentBytes", count > ${request.size} as more,
      ${precedes} as precedes, ${follows} as follows, ${counted} as counted
    from (select ${jsonArrays(foundPositions, order)} as found, ${posts} as posts, coalesce(min(case when ${fits} then 1 else 0 end), 1) as fits, count(*) as count
      from ${joined(wanted, found, reading)}) page`;
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
  const { ctes, from, author, source, counted } = sourceOf(reading, listing, authorIds);
  const { size } = request;
  const { direction } = listing.order;
  const found = sql`(select ${jsonArrays(foundPositions, { by: foundOrder(direction, request) })}
    from (${foundOf(direction, request, source)}) c)`;
  const { precedes, follows } = around(direction, request, source);

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
      size.bytes as "contentBytes", ${lengthOf(sql`found`)} > ${size} as more, precedes, follows, ${counted} as counted from pages cross join size`;
}
