import type { Cost, Read } from "./read.js";
import type { Reader } from "./reader.js";
import { Sql } from "./sql.js";

/** Reads for one operation, one statement after the other: many aliases occupy no more than one connection. */
export type OperationReader = {
  /** @param statement a statement, or a function that makes it when its turn has come. */
  readonly all: <Row>(statement: Sql | (() => Sql), cost?: Cost, oneRow?: boolean) => Promise<Row[]>;
};

/** Makes the reader of one operation. */
export function readerFor(reader: Reader, operation: Pick<Read, "clientKey" | "signal" | "span">): OperationReader {
  const { clientKey, signal, span } = operation;
  let last: Promise<unknown> = Promise.resolve();
  return {
    async all<Row>(statement: Sql | (() => Sql), cost: Cost = "indexed", oneRow = false) {
      const rows = last.then(() =>
        reader.all<Row>(statement instanceof Sql ? statement : statement(), { cost, clientKey, signal, span, oneRow }),
      );
      last = rows.catch(() => {});
      try {
        return await rows;
      } catch (error) {
        // The driver's own errors have no useful stack; the caller is known here.
        if (error instanceof Error && error !== signal?.reason) Error.captureStackTrace(error);
        throw error;
      }
    },
  };
}
