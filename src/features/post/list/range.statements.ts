import { unindexed } from "../../../database/dialect.js";
import { inDialect, limit, Sql, sql } from "../../../database/sql.js";
import type { Bounds } from "../../../kit/paging/keyset.js";
import type { VisibilityScope } from "../post-visibility.js";
import { keyColumns, latestFirst } from "./order.js";
import { beforeAllIds, RangeConditions, type Comparison } from "./range-conditions.js";
import type { Listing } from "./listing.js";

/**
 * Posts that stand next to each other in one index, in the order of a list: a list's page is merged from a few of these.
 *
 * Each visibility scope has an index that starts with the author, if any, and then the key. The database seeks to the
 * bound and walks from there. For that, a statement must offer it only one place to start: all conditions on the key
 * become one bound at each end, and conditions on other columns are written so that their indexes are not used. An
 * author's scheduled posts are the exception. They are found by date, which skips the published ones, and are few enough
 * to sort.
 */
export type Range = {
  readonly key: Sql;
  readonly from: Sql;
  /** The condition that a post is in the range and within bounds. */
  readonly within: (bounds: Bounds) => Sql;
};

/** The list and the scope that a range belongs to. */
export type RangeOf = {
  readonly listing: Listing;
  readonly scope: VisibilityScope;
  /** The only author of the list, as SQL. */
  readonly author: Sql | undefined;
};

/** Further conditions of a range. */
type Also = {
  /** Limits of the date that posts are listed by. */
  readonly listed?: readonly (readonly [Comparison, Date | undefined])[];
  /** Whether the posts were published later than they were created. */
  readonly isApart?: boolean;
  /** A condition that no index serves. */
  readonly condition?: Sql;
};

/** Selects key and id of the first posts of a range. */
export function firstOfRange(
  { key, from, within }: Range,
  bounds: Bounds,
  { rising, take }: { readonly rising: boolean; readonly take: number },
): Sql {
  const direction = new Sql(rising ? "asc" : "desc");
  return sql`select ${key} as key, p.id as id from ${from} where ${within(bounds)}
    order by ${key} ${direction}, p.id ${direction} ${limit(take)}`;
}

/**
 * The condition that a range has a post. It is not written with EXISTS, for which PostgreSQL drops the order and may read
 * every post from the other end.
 */
export function anyInRange({ key, from, within }: Range, bounds: Bounds): Sql {
  return sql`(select p.id from ${from} where ${within(bounds)} order by ${key}, p.id ${limit(1)}) is not null`;
}

/** Counts the posts of a scope by their date, whose index leaves the fewest rows to read. */
export function countOfScope({ listing, ...of }: RangeOf): Sql {
  // All keys are above this bound. With it, the database counts drafts along that index too, not among all posts of their author.
  const all: Bounds = { above: { key: earliest, id: beforeAllIds, inclusive: true } };
  const { within } = rangeOf({ ...of, listing: { ...listing, order: latestFirst } });
  return sql`(select count(*) from posts p where ${within(all)})`;
}

/**
 * Returns the ranges that hold a scope's posts: one, except in the order by date with a filter by creation. Most posts are
 * published when they are created, so a limit of one date is a limit of the other. The other posts have an index of their
 * own, in which those beyond the limit are found.
 */
export function rangesOf(of: RangeOf): Range[] {
  const { order, createdAfter, createdBefore } = of.listing;
  if (order.field !== latestFirst.field) return [rangeOf(of)];
  const listed = [
    [">", createdAfter],
    ["<", createdBefore],
  ] as const;
  const ranges = [rangeOf(of, { listed })];
  // A draft is listed by its creation.
  if (of.scope.dated && createdBefore !== undefined)
    ranges.push(rangeOf(of, { isApart: true, listed: [[">=", createdBefore]] }));
  if (of.scope.dated && createdAfter !== undefined)
    ranges.push(rangeOf(of, { isApart: true, listed: [["<=", createdAfter]] }));
  return ranges;
}

export function rangeOf(of: RangeOf, also: Also = {}): Range {
  const { listing, scope, author } = of;
  const column = keyColumns[listing.order.field];
  if (column === undefined) throw new Error("only a search is ordered by match");
  const isByDate = scope.listed !== undefined && "after" in scope.listed;
  const name = new Sql(`p.${column}`);
  const isApart = also.isApart === true;
  const key = isApart ? apartKey : isByDate && column !== "listed_at" ? unindexed(name) : name;
  return {
    key,
    from: isApart ? apartPosts(author) : new Sql("posts p"),
    within: (bounds) => {
      const conditions = new RangeConditions({ column, isByDate, bounds });
      addConditions(conditions, of, also);
      return conditions.joined(key);
    },
  };
}

function addConditions(conditions: RangeConditions, { listing, scope, author }: RangeOf, also: Also): void {
  const { dated, listed, authorId } = scope;
  conditions.add(dated ? sql`p.published_at is not null` : sql`p.published_at is null`);
  if (author !== undefined) conditions.add(sql`p.author_id = ${author}`);
  // If both are given, this compares the list's author with the viewer, before any row is read.
  if (authorId !== undefined) conditions.add(sql`${author ?? new Sql("p.author_id")} = ${authorId}`);
  if (listed !== undefined) {
    if ("upTo" in listed) conditions.limit("listed_at", "<=", listed.upTo);
    else conditions.limit("listed_at", ">", listed.after);
    if ("after" in listed && listing.order.field !== latestFirst.field) conditions.add(readsRow);
  }
  for (const [operator, date] of also.listed ?? []) conditions.limit("listed_at", operator, date);
  if (also.isApart === true) conditions.add(sql`p.listed_at <> p.created_at`);
  if (also.condition !== undefined) conditions.add(also.condition);
  conditions.limit("created_at", ">", listing.createdAfter);
  conditions.limit("created_at", "<", listing.createdBefore);
}

// ECMA-262, 21.4.1.1.
const earliest = -8.64e15;

// A condition that every post meets. On a vacuumed table, PostgreSQL would otherwise read all of an author's posts from the
// index of the order, which has all columns that a range needs, instead of seeking to the scheduled ones by date.
const readsRow = new Sql("p.version > 0");

// Both planners prefer the index of all dates. PostgreSQL's index of the posts apart is on an expression, which no other
// index serves; SQLite is told which index to use.
const apartKey = inDialect(({ name }) => new Sql(name === "sqlite" ? "p.listed_at" : "(p.listed_at + 0)"));
const apartPosts = (author: Sql | undefined): Sql =>
  inDialect(({ name }) =>
    name === "sqlite"
      ? new Sql(`posts p indexed by posts_${author === undefined ? "" : "author_"}dated_apart_index`)
      : new Sql("posts p"),
  );
