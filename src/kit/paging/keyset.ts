import { jsonArray } from "../../database/dialect.js";
import { limit, Sql, sql } from "../../database/sql.js";
import { OrderDirection, type PageRequest, type Position } from "./page-request.js";

/** One end of a range of a list, in ascending order of key and id. */
export type Bound = Position & { readonly inclusive: boolean };
export type Bounds = { readonly above?: Bound | undefined; readonly below?: Bound | undefined };

/** The rows of a list: key and id of the first ones within bounds, and whether there are any. */
export type KeysetSource = {
  readonly range: (bounds: Bounds, rising: boolean, take: number) => Sql;
  readonly any: (bounds: Bounds) => Sql;
};

/** Returns the conditions that a row is within bounds, by the columns of its key and its id. */
export function boundConditions(key: Sql, id: Sql, { above, below }: Bounds): Sql[] {
  const conditions: Sql[] = [];
  if (above !== undefined)
    conditions.push(sql`(${key}, ${id}) ${new Sql(above.inclusive ? ">=" : ">")} ${valuesOf(above)}`);
  if (below !== undefined)
    conditions.push(sql`(${key}, ${id}) ${new Sql(below.inclusive ? "<=" : "<")} ${valuesOf(below)}`);
  return conditions;
}

/** Returns the values of a bound. A number in a cursor may be too large for its column. */
const valuesOf = ({ key, id }: Position): Sql =>
  typeof key === "number" ? sql`(cast(${key} as bigint), ${id})` : sql`(${key}, ${id})`;

const ascending = new Sql("asc");
const descending = new Sql("desc");

/** Returns the direction in which a page is read: away from the end that it starts from. */
const readingDirection = (direction: OrderDirection, { fromEnd }: PageRequest): Sql =>
  (direction === OrderDirection.ASC) !== fromEnd ? ascending : descending;

/** Returns the order of the rows that `foundOf` finds, which are named `c`. */
export function foundOrder(direction: OrderDirection, request: PageRequest): Sql {
  const reading = readingDirection(direction, request);
  return sql`c.key ${reading}, c.id ${reading}`;
}
/** Key and id of a row that `foundOf` finds, as JSON. */
export const foundPositions: Sql = jsonArray(sql`c.key, c.id`);

/** Selects key and id of a page's rows and of the row after them, in the order in which they are read. */
export function foundOf(direction: OrderDirection, request: PageRequest, source: KeysetSource): Sql {
  const { after, before, size, offset } = request;
  const order = readingDirection(direction, request);
  const within = boundsOf(direction, boundAt(after, false), boundAt(before, false));
  return sql`select key, id from (${source.range(within, order === ascending, offset + size + 1)}) ranges order by key ${order}, id ${order} ${limit(size + 1, offset)}`;
}

/** Returns the conditions that there are rows before and after a page, beyond its cursors and its offset. */
export function around(direction: OrderDirection, { after, before, offset }: PageRequest, source: KeysetSource) {
  // The rows that an offset skips are before the page, even if the offset is beyond the list's end.
  const precedes =
    after !== undefined
      ? source.any(boundsOf(direction, undefined, boundAt(after, true)))
      : offset > 0
        ? source.any({})
        : sql`false`;
  const follows = before === undefined ? sql`false` : source.any(boundsOf(direction, boundAt(before, true), undefined));
  return { precedes, follows };
}

const boundAt = (position: Position | undefined, inclusive: boolean): Bound | undefined =>
  position && { ...position, inclusive };

/** Returns the bounds of the rows after one position of a list and before another. */
function boundsOf(direction: OrderDirection, after: Bound | undefined, before: Bound | undefined): Bounds {
  return direction === OrderDirection.ASC ? { above: after, below: before } : { above: before, below: after };
}
