import { joinInOrder, jsonArrays, lengthOf, texts, tuples } from "../../../database/dialect.js";
import { joinSql, Sql, sql } from "../../../database/sql.js";
import { around, foundOf, foundOrder, foundPositions, type KeysetSource } from "../../../kit/paging/keyset.js";
import type { PageRequest } from "../../../kit/paging/page-request.js";
import type { KeysetRow } from "../../../kit/paging/page.js";
import { matchesSource, searchCtes } from "../search/search.statements.js";
import type { Listing } from "./listing.js";
import { contentBytes, contentFits, postParts, type PostsRow, type Reading, type Wanted } from "./post.statements.js";
import { anyInRange, countOfScope, firstOfRange, rangesOf, type RangeOf } from "./range.statements.js";
import type { PostSelection } from "./selection.js";

/** A list of posts as one viewer sees it or, with `authorIds`, the same list of each of these authors. */
export type ListQuery = {
  readonly reading: Reading;
  readonly listing: Listing;
  readonly authorIds?: readonly string[] | undefined;
};
export type PageQuery = ListQuery & { readonly request: PageRequest };

/** A page as its statement returns it. */
export type PageRow<Posts = string> = PostsRow<Posts> &
  KeysetRow & {
    /** The author of the page's list, if several authors were asked for. */
    readonly author: string | null;
  };

/**
 * Reads a page of one list in a single pass. `posts` is null if the content of one post is longer than `roomOfEach`. The
 * last of `found` is the post after the page, which is read with it.
 *
 * Nothing is sorted or materialized in a temporary table: for SQLite, making one costs as much as the page.
 */
export function pageStatement(query: PageQuery, wanted: PostSelection & { readonly roomOfEach: number }): Sql {
  const { ctes, found, foundOrder: by, precedes, follows, counted } = partsOf(query);
  const post = postParts(wanted, query.reading);
  const order = { by, isKept: true };
  const fits = contentFits(wanted);
  return sql`with ${ctes} unit as (select 1)
    select null as author, found, case when fits = 1 then posts end as posts, 0 as "contentBytes",
      count > ${query.request.size} as more, ${precedes} as precedes, ${follows} as follows, ${counted} as counted
    from (
      select
        ${jsonArrays(foundPositions, order)} as found,
        ${post.list(sql`case when ${fits} then ${post.json} end`, order)} as posts,
        coalesce(min(case when ${fits} then 1 else 0 end), 1) as fits,
        count(*) as count
      from (${found}) c ${joinInOrder} posts p on p.id = c.id ${post.joins}
    ) page`;
}

/**
 * Reads the same page of each author's list, or a page of one list, in two steps: the ids of all pages, which tell the
 * size of the contents, and then the posts. `posts` is null if the contents are larger than `room`.
 */
export function pagesStatement(query: PageQuery, wanted: Wanted): Sql {
  const { size } = query.request;
  const { ctes, author, authors, found, foundOrder: by, precedes, follows, counted } = partsOf(query);
  const post = postParts(wanted, query.reading);
  const places = tuples(sql`pages.found`, new Sql("c"));
  // The last one found stands after the page.
  const posts = sql`${joinInOrder} posts p on p.id = c.value ->> 1 and c.key < ${size}`;
  return sql`with ${ctes} pages as materialized (
      select ${author} as author,
        (select ${jsonArrays(foundPositions, { by })} from (${found}) c) as found,
        ${precedes} as precedes, ${follows} as follows
      ${authors}
    ),
    size as materialized (select ${contentBytes(wanted, sql`pages cross join ${places} ${posts}`)} as bytes)
    select author, found,
      case when size.bytes <= ${wanted.room} then (
        select ${post.list(post.json, { by: sql`c.key` })} from ${places} ${posts} ${post.joins}
      ) end as posts,
      size.bytes as "contentBytes", ${lengthOf(sql`found`)} > ${size} as more, precedes, follows, ${counted} as counted
    from pages cross join size`;
}

export type CountRow = { readonly author: string | null; readonly count: number };

/** Counts the posts of a list or of each author's list. */
export function countsStatement(query: ListQuery): Sql {
  const { ctes, author, authors, count } = sourceOf(query);
  return sql`with ${ctes} unit as (select 1) select ${author} as author, ${count()} as count ${authors}`;
}

/** Fills the holes that both statements of a page share. */
function partsOf(query: PageQuery) {
  const { direction } = query.listing.order;
  const { source, ...parts } = sourceOf(query);
  return {
    ...parts,
    /** Key and id of the page's posts and of the one after them. */
    found: foundOf(direction, query.request, source),
    foundOrder: foundOrder(direction, query.request),
    ...around(direction, query.request, source),
  };
}

/** Where a list's posts come from. */
type Source = {
  /** The common table expressions that the statement begins with, each with a comma. */
  readonly ctes: Sql;
  readonly author: Sql;
  /** The clause that gives the statement a row for each author; empty for one list. */
  readonly authors: Sql;
  readonly source: KeysetSource;
  /** Counts the list's posts. */
  readonly count: () => Sql;
  /** The count if it is known with a page; null otherwise. */
  readonly counted: Sql;
};

function sourceOf({ reading, listing, authorIds }: ListQuery): Source {
  const scopes = reading.scopes.filter(({ status }) => listing.status === undefined || listing.status === status);
  if (listing.search !== undefined) {
    const count = sql`(select count(*) from newest)`;
    return { ...oneList, ctes: searchCtes(listing, scopes), source: matchesSource, count: () => count, counted: count };
  }
  const ofAuthors = authorIds === undefined ? oneList : eachAuthor(authorIds);
  const one = listing.authorId === undefined ? undefined : sql`${listing.authorId}`;
  const author = authorIds === undefined ? one : ofAuthors.author;
  const inScopes = scopes.map((scope) => ({ listing, scope, author }));
  return {
    ...ofAuthors,
    ctes: sql``,
    source: rangesSource(inScopes),
    count: () => joinSql([sql`0`, ...inScopes.map(countOfScope)], " + "),
    counted: sql`null`,
  };
}

const oneList = { author: sql`null`, authors: sql`` };
const eachAuthor = (ids: readonly string[]) => ({
  author: sql`a.value`,
  authors: sql`from ${texts(sql`${JSON.stringify(ids)}`, new Sql("a"))}`,
});

/** Finds a list's posts along the indexes of its order. */
function rangesSource(inScopes: readonly RangeOf[]): KeysetSource {
  const ranges = inScopes.flatMap(rangesOf);
  return {
    range(bounds, rising, take) {
      // No rows come first, or SQLite would sort each range again to merge them.
      const none = sql`select null as key, null as id where false`;
      const first = ranges.map((range) => sql`select * from (${firstOfRange(range, bounds, { rising, take })}) scope`);
      return joinSql([none, ...first], " union all ");
    },
    any: (bounds) => sql`(${joinSql([sql`false`, ...ranges.map((range) => anyInRange(range, bounds))], " or ")})`,
  };
}
