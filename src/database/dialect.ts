import { inDialect, type RowOrder, type Sql } from "./sql.js";

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
