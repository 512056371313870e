import { type Dialect, type RowOrder, Sql, sql } from "../sql.js";

const ordered = (order: RowOrder | undefined): Sql =>
  order === undefined || order.isKept === true ? sql`` : sql` order by ${order.by}`;

export const sqliteDialect: Dialect = {
  name: "sqlite",
  jsonOfText: (text) => sql`json_quote(${text})`,
  jsonOfInstant: (milliseconds) =>
    sql`coalesce('"' || strftime('%Y-%m-%dT%H:%M:%fZ', ${milliseconds} / 1000.0, 'unixepoch') || '"', 'null')`,
  jsonArray: (values) => sql`json_array(${values})`,
  jsonArrays: (array, order) => sql`json_group_array(${array}${ordered(order)})`,
  joinedBytes: (text, order) => sql`cast(coalesce(group_concat(${text}, char(30)${ordered(order)}), '') as blob)`,
  bytes: (text) => sql`cast(${text} as blob)`,
  texts: (json, name) => sql`json_each(${json}) ${name}`,
  tuples: (json, name) => sql`json_each(${json}) ${name}`,
  length: (json) => sql`json_array_length(${json})`,
  // SQLite joins the tables of a cross join in the order in which they are written.
  joinInOrder: new Sql("cross join"),
  unindexed: (column) => sql`+${column}`,
};
