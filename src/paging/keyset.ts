import { limit, Sql, sql } from "../database/sql.js";
import { OrderDirection, type PageRequest, type Position } from "./page-request.js";

/** One end of a range of a list, in rising order of key and id. */
export type Bound = Position & { readonly inclusive: boolean };
export type Bounds = { readonly above?: Bound | undefined; readonly below?: Bound | undefined };

/** Where a list's rows come from: key and id of the first ones within bounds, and whether there are any. */
export type KeysetSource = {
  readonly range: (bounds: Bounds, rising: boolean, take: number) => Sql;
  readonly any: (bounds: Bounds) => Sql;
};

/** That a row lies within bounds, by the columns of its key and its id. */
export function boundConditions(key: Sql, id: Sql, { above, below }: Bounds): Sql[] {
  const conditions: Sql[] = [];
  if (above !== undefined)
    conditions.push(sql`(${key}, ${id}) ${new Sql(above.inclusive ? ">=" : ">")} (${above.key}, ${above.id})`);
  if (below !== undefined)
    conditions.push(sql`(${key}, ${id}) ${new Sql(below.inclusive ? "<=" : "<")} (${below.key}, ${below.id})`);
  return conditions;
}

/** Key and id of a page's rows and of the one after them, in the order in which they are read. */
export function foundOf(
  direction: OrderDirection,
  { after, before, size, offset, fromEnd }: PageRequest,
  source: KeysetSource,
): Sql {
  const rising = (direction === OrderDirection.ASC) !== fromEnd;
  const order = new Sql(rising ? "asc" : "desc");
  const within = boundsOf(direction, boundAt(after, false), boundAt(before, false));
  return sql`select key, id from (${source.range(within, rising, offset + size + 1)}) order by key ${order}, id ${order} ${limit(size + 1, offset)}`;
}

/** Whether anything lies before and after a page, beyond its cursors and its offset. */
export function around(direction: OrderDirection, { after, before, offset }: PageRequest, source: KeysetSource) {
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

const boundAt = (position: Position | undefined, inclusive: boolean): Bound | undefined =>
  position && { ...position, inclusive };

/** The bounds of what follows and precedes places of a list. */
function boundsOf(direction: OrderDirection, after: Bound | undefined, before: Bound | undefined): Bounds {
  return direction === OrderDirection.ASC ? { above: after, below: before } : { above: before, below: after };
}
