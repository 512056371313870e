import { type Dialect, type RowOrder, Sql, sql } from "../sql.js";

const ordered = (order: RowOrder | undefined): Sql => (order === undefined ? sql`` : sql` order by ${order.by}`);

const membersOf = (each: Sql, name: Sql): Sql =>
  sql`lateral (select place - 1 as key, member as value from ${each} with ordinality as each (member, place)) ${name}`;

export const postgresqlDialect: Dialect = {
  name: "postgresql",
  jsonOfText: (text) => sql`to_json(${text})::text`,
  jsonOfInstant: (milliseconds) =>
    sql`coalesce('"' || to_char(timestamp 'epoch' + ${milliseconds} * interval '1 millisecond', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') || '"', 'null')`,
  jsonArray: (values) => sql`json_build_array(${values})`,
  jsonArrays: (array, order) => sql`coalesce(json_agg(${array}${ordered(order)})::text, '[]')`,
  joinedBytes: (text, order) => sql`coalesce(string_agg(${text}, chr(30)${ordered(order)}), '')`,
  // PostgreSQL sends bytes as hexadecimal digits, which are twice as long.
  bytes: (text) => text,
  texts: (json, name) => membersOf(sql`json_array_elements_text((${json})::json)`, name),
  tuples: (json, name) => membersOf(sql`json_array_elements((${json})::json)`, name),
  length: (json) => sql`json_array_length((${json})::json)`,
  joinInOrder: new Sql("join"),
  unindexed: (column) => sql`coalesce(${column}, ${column})`,
};
