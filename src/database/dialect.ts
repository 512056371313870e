import { inDialect, type Sql } from "./sql.js";

/** What the rows of an aggregate are in the order of. */
export type RowOrder = {
  readonly by: Sql;
  /** Whether they come from a subquery in that order, which SQLite keeps. */
  readonly isKept?: boolean;
};

/** What databases say in words of their own. Texts of JSON are plain text, whatever the database has for it. */
export type Dialect = {
  readonly name: "sqlite" | "postgresql";
  /** The JSON of a text. */
  readonly jsonOfText: (text: Sql) => Sql;
  /** The JSON of an instant, as JavaScript writes a date: in UTC, with milliseconds; null for none. */
  readonly jsonOfInstant: (milliseconds: Sql) => Sql;
  /** The JSON of a list of values. */
  readonly jsonArray: (values: Sql) => Sql;
  /** The JSON of a list of such lists, one a row; in an order, where one is given. */
  readonly jsonArrays: (array: Sql, order?: RowOrder) => Sql;
  /** The texts of all rows with U+001E between them, empty for none; as bytes, where that spares work. */
  readonly joinedBytes: (text: Sql, order?: RowOrder) => Sql;
  /** A text as bytes, where that spares work. */
  readonly bytes: (text: Sql) => Sql;
  /** A table of the members of a JSON list of texts, for each row of what stands before it: `key` counts from 0. */
  readonly texts: (json: Sql, name: Sql) => Sql;
  /** The same of a list of lists, whose members are `value ->> 0` and so on, as text. */
  readonly tuples: (json: Sql, name: Sql) => Sql;
  /** How many members a JSON list has. */
  readonly length: (json: Sql) => Sql;
  /** A join whose right side is looked up for each row of its left side, where the database might begin with the right. */
  readonly joinInOrder: Sql;
  /** A column, for a condition or an order that no index is to be used for. */
  readonly unindexed: (column: Sql) => Sql;
};

export const jsonOfText = (text: Sql): Sql => inDialect((dialect) => dialect.jsonOfText(text));
export const jsonOfInstant = (milliseconds: Sql): Sql => inDialect((dialect) => dialect.jsonOfInstant(milliseconds));
export const jsonArray = (values: Sql): Sql => inDialect((dialect) => dialect.jsonArray(values));
export const jsonArrays = (array: Sql, order?: RowOrder): Sql =>
  inDialect((dialect) => dialect.jsonArrays(array, order));
export const joinedBytes = (text: Sql, order?: RowOrder): Sql =>
  inDialect((dialect) => dialect.joinedBytes(text, order));
export const bytes = (text: Sql): Sql => inDialect((dialect) => dialect.bytes(text));
export const texts = (json: Sql, name: Sql): Sql => inDialect((dialect) => dialect.texts(json, name));
export const tuples = (json: Sql, name: Sql): Sql => inDialect((dialect) => dialect.tuples(json, name));
export const lengthOf = (json: Sql): Sql => inDialect((dialect) => dialect.length(json));
export const joinInOrder: Sql = inDialect((dialect) => dialect.joinInOrder);
export const unindexed = (column: Sql): Sql => inDialect((dialect) => dialect.unindexed(column));
