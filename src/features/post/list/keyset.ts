import { unindexed } from "../../../database/dialect.js";
import { inDialect, joinSql, limit, Sql, sql } from "../../../database/sql.js";
import { boundConditions, type Bound, type Bounds, type KeysetSource } from "../../../kit/paging/keyset.js";
import type { Listing } from "./post-list.js";
import { latestFirst, type PostOrderField } from "./order.js";
import type { VisibilityScope } from "../post.visibility.js";

/** The column that holds an order's sort key. How well a post matches is in none. */
export const keyColumns: Record<PostOrderField | "MATCH", string | undefined> = {
  MATCH: undefined,
  PUBLISHED_AT: "listed_at",
  CREATED_AT: "created_at",
  UPDATED_AT: "updated_at",
  TITLE: "title_key",
  VOTE_COUNT: "vote_count",
};

// Ids are ASCII, so these sort before and after all of them.
const beforeAllIds = "";
const afterAllIds = "~";
// ECMA-262, 21.4.1.1.
const earliest = -8.64e15;

/**
 * The key and id of the first `take` posts of a scope within bounds, in order.
 *
 * Each scope has an index that is led by the author, if any, and then by the key, so the database goes straight to
 * the bound and walks. For that, a statement must never offer it two ways to begin: all conditions on the key become
 * one bound at each end, and other columns are kept from their indexes. An author's scheduled posts are
 * the exception: they are found by their date, to pass over the published ones, and are few enough to be sorted.
 *
 * @param author whose posts alone, as SQL.
 */
export function rangeOf(
  listing: Listing,
  scope: VisibilityScope,
  author: Sql | undefined,
  bounds: Bounds,
  rising: boolean,
  take: number,
  also: Also = {},
): Sql {
  const { key, conditions } = conditionsOf(listing, scope, author, bounds, also);
  const direction = new Sql(rising ? "asc" : "desc");
  return sql`select ${key} as key, p.id as id from ${postsOf(author, also)} where ${conditions} order by ${key} ${direction}, p.id ${direction} ${limit(take)}`;
}

/**
 * Whether a scope has any post within bounds, as SQL. Not by EXISTS, for which PostgreSQL leaves the order out and may look
 * at every post from the other end.
 */
export function anyWithin(
  listing: Listing,
  scope: VisibilityScope,
  author: Sql | undefined,
  bounds: Bounds,
  also: Also,
): Sql {
  const { key, conditions } = conditionsOf(listing, scope, author, bounds, also);
  return sql`(select p.id from ${postsOf(author, also)} where ${conditions} order by ${key}, p.id ${limit(1)}) is not null`;
}

/** What else holds for the posts of a range: bounds of their date, and conditions that no index serves. */
export type Also = {
  readonly listed?: readonly (readonly [Comparison, Date | undefined])[];
  /** Whether they were published at another instant than they were created. */
  readonly isApart?: boolean;
  readonly conditions?: readonly Sql[];
};
type Comparison = ">" | ">=" | "<=" | "<";

// Both planners prefer the index of all dates. So PostgreSQL's index of those apart has an expression, which no other serves,
// and SQLite is told its index.
const apartKey = inDialect(({ name }) => new Sql(name === "sqlite" ? "p.listed_at" : "(p.listed_at + 0)"));

const postsOf = (author: Sql | undefined, { isApart }: Also): Sql =>
  isApart === true
    ? inDialect(({ name }) =>
        name === "sqlite"
          ? new Sql(`posts p indexed by posts_${author === undefined ? "" : "author_"}dated_apart_index`)
          : new Sql("posts p"),
      )
    : new Sql("posts p");

/**
 * Returns the ranges that a scope's posts are in. The order by date with a filter by creation has several: most posts are
 * published as they are created, so a bound of one date is a bound of the other. Those that are not have an index of
 * their own, for what lies beyond the bound.
 */
export function rangesOf({ order, createdAfter, createdBefore }: Listing, { dated }: VisibilityScope): Also[] {
  if (order.field !== latestFirst.field) return [{}];
  const ranges: Also[] = [
    {
      listed: [
        [">", createdAfter],
        ["<", createdBefore],
      ],
    },
  ];
  // A draft is listed by its creation.
  if (dated && createdBefore !== undefined) ranges.push({ isApart: true, listed: [[">=", createdBefore]] });
  if (dated && createdAfter !== undefined) ranges.push({ isApart: true, listed: [["<=", createdAfter]] });
  return ranges;
}

/** How many posts a scope has, as SQL: by date, whose index leaves the least to look at. */
export function countOf(listing: Listing, scope: VisibilityScope, author: Sql | undefined): Sql {
  // A bound that all are above, so that drafts are counted by that index too, and not among all of their author's.
  const all: Bounds = { above: { key: earliest, id: beforeAllIds, inclusive: true } };
  const { conditions } = conditionsOf({ ...listing, order: latestFirst }, scope, author, all);
  return sql`(select count(*) from posts p where ${conditions})`;
}

function conditionsOf(
  { order, createdAfter, createdBefore }: Listing,
  { dated, listed, authorId }: VisibilityScope,
  author: Sql | undefined,
  bounds: Bounds,
  also: Also = {},
): { key: Sql; conditions: Sql } {
  const column = keyColumns[order.field];
  if (column === undefined) throw new Error("only a search is ordered by match");
  const byDate = listed !== undefined && "after" in listed;
  const isSorted = byDate && column !== "listed_at";
  const key = also.isApart === true ? apartKey : isSorted ? unindexed(new Sql(`p.${column}`)) : new Sql(`p.${column}`);

  let { above, below } = bounds;
  const conditions = [dated ? sql`p.published_at is not null` : sql`p.published_at is null`];
  const restrict = (limited: string, operator: Comparison, date: Date) => {
    if (limited !== column) {
      const plain = new Sql(`p.${limited}`);
      const name = byDate && limited === "listed_at" ? plain : unindexed(plain);
      conditions.push(sql`${name} ${new Sql(operator)} ${date}`);
      return;
    }
    const isBefore = operator === "<" || operator === ">=";
    const bound = { key: date.getTime(), id: isBefore ? beforeAllIds : afterAllIds, inclusive: false };
    if (operator === ">" || operator === ">=") above = tighter(above, bound, 1);
    else below = tighter(below, bound, -1);
  };

  if (author !== undefined) conditions.push(sql`p.author_id = ${author}`);
  // Compares the list's author with the viewer, where both are given: settled before any row is read.
  if (authorId !== undefined) conditions.push(sql`${author ?? new Sql("p.author_id")} = ${authorId}`);
  if (listed !== undefined) {
    if ("upTo" in listed) restrict("listed_at", "<=", listed.upTo);
    else restrict("listed_at", ">", listed.after);
  }
  for (const [operator, date] of also.listed ?? []) if (date !== undefined) restrict("listed_at", operator, date);
  if (also.isApart === true) conditions.push(sql`p.listed_at <> p.created_at`);
  conditions.push(...(also.conditions ?? []));
  if (createdAfter !== undefined) restrict("created_at", ">", createdAfter);
  if (createdBefore !== undefined) restrict("created_at", "<", createdBefore);
  return {
    key,
    conditions: joinSql([...conditions, ...boundConditions(key, new Sql("p.id"), { above, below })], " and "),
  };
}

/** The bound that leaves less, seen upwards (1) or downwards (-1). */
function tighter(a: Bound | undefined, b: Bound, way: 1 | -1): Bound {
  if (a === undefined) return b;
  const order = a.key < b.key ? -1 : a.key > b.key ? 1 : a.id < b.id ? -1 : a.id > b.id ? 1 : 0;
  return order === way ? a : b;
}

/** Where a list's posts come from: key and id of those within bounds, whether there are any, and how many in all. */
export type Source = KeysetSource & { readonly count: () => Sql };
