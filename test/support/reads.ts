import type { Database } from "../../src/database/database.js";
import { readerFor } from "../../src/database/operation-reader.js";
import type { Reader } from "../../src/database/reader.js";
import { transactionsOn, type Transaction } from "../../src/database/transaction.js";
import { measureAnswer } from "../../src/graphql/answer-size.js";
import { postColumns, type PostSelection } from "../../src/features/post/list/selection.js";

/** A selection of all fields of a post. */
export const everything: PostSelection = {
  columns: new Set(postColumns),
  contentTimes: 1,
};

/** Makes the part of an operation at `now` that reads need. */
export const operationOn = (reader: Reader, now: Date) => ({
  reader: readerFor(reader, { clientKey: "tests" }),
  now,
  answer: measureAnswer(Number.MAX_SAFE_INTEGER),
});

/** Starts a transaction outside any operation. */
export const inTransaction = <Result>(database: Database, work: Parameters<Transaction>[0]) =>
  transactionsOn(database)({ clientKey: "tests" })(work) as Promise<Result>;
