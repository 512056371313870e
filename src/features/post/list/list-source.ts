import { texts } from "../../../database/dialect.js";
import { joinSql, Sql, sql } from "../../../database/sql.js";
import type { VisibilityScope } from "../post.visibility.js";
import { type Source, anyWithin, countOf, rangeOf, rangesOf } from "./keyset.js";
import type { Listing } from "./post-list.js";
import type { Reading } from "./post.statements.js";
import { amongMatches, searchCtes } from "../search/search.statements.js";

export type CountRow = { readonly author: string | null; readonly count: number };

/** How many posts a list has or, where authors are given, each author's list. */
export function countsStatement(reading: Reading, listing: Listing, authorIds: readonly string[] | undefined): Sql {
  const { ctes, from, author, source } = sourceOf(reading, listing, authorIds);
  return sql`with ${ctes} unit as (select 1) select ${author} as author, ${source.count()} as count ${from}`;
}

/**
 * The source of a list, with what its statement begins with and stands on: one row, or one for each author. `counted` is
 * how many posts the list has, if that is known with its page.
 */
export function sourceOf(reading: Reading, listing: Listing, authorIds: readonly string[] | undefined) {
  const scopes = reading.scopes.filter(({ status }) => listing.status === undefined || listing.status === status);
  if (listing.search !== undefined) {
    const ctes = searchCtes(listing, scopes);
    return { ctes, from: sql``, author: sql`null`, source: amongMatches, counted: amongMatches.count() };
  }
  const whose =
    authorIds !== undefined ? sql`a.value` : listing.authorId === undefined ? undefined : sql`${listing.authorId}`;
  return {
    ctes: sql``,
    from: authorIds === undefined ? sql`` : sql`from ${texts(sql`${JSON.stringify(authorIds)}`, new Sql("a"))}`,
    author: authorIds === undefined ? sql`null` : sql`a.value`,
    source: alongIndex(listing, scopes, whose),
    counted: sql`null`,
  };
}

/** All that can be seen, found along the index of the order. */
function alongIndex(listing: Listing, scopes: readonly VisibilityScope[], author: Sql | undefined): Source {
  const ranges = scopes.flatMap((scope) => rangesOf(listing, scope).map((also) => ({ scope, also })));
  // It comes first, or SQLite would sort each scope anew to merge them.
  const nothing = sql`select null as key, null as id where false`;
  return {
    range: (bounds, rising, take) =>
      joinSql(
        [
          nothing,
          ...ranges.map(
            ({ scope, also }) =>
              sql`select * from (${rangeOf(listing, scope, author, bounds, rising, take, also)}) scope`,
          ),
        ],
        " union all ",
      ),
    any: (bounds) =>
      sql`(${joinSql([sql`false`, ...ranges.map(({ scope, also }) => anyWithin(listing, scope, author, bounds, also))], " or ")})`,
    count: () => joinSql([sql`0`, ...scopes.map((scope) => countOf(listing, scope, author))], " + "),
  };
}
