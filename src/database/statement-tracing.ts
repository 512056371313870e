import { AsyncLocalStorage } from "node:async_hooks";

import type { LogContext, Logger, LoggerOptions } from "@mikro-orm/core";

import { DefaultLogger } from "./mikro-orm.js";
import type { OperationSpan, RunStatement } from "../foundation/tracing/span.js";
import type { Dialect, Sql } from "./sql.js";

/** An operation that waits for a statement, with its span if tracing is on. */
type WaitingOperation = { readonly span?: OperationSpan | undefined };
const isTraced = ({ span }: WaitingOperation): boolean => span !== undefined;

/** Runs a statement of the reader, within a span of each operation that waits for it. */
export function traceStatement<Rows>(
  operations: readonly WaitingOperation[],
  statement: Sql,
  dialect: Dialect,
  run: () => Promise<Rows>,
): Promise<Rows> {
  return operations.some(isTraced) ? runTraced(operations, statement.in(dialect).text, dialect.name, run) : run();
}

async function runTraced<Rows>(
  operations: readonly WaitingOperation[],
  text: string,
  system: string,
  run: () => Promise<Rows>,
): Promise<Rows> {
  const ends = operations.flatMap(({ span }) => span?.statement(system, text) ?? []);
  try {
    const rows = await run();
    for (const end of ends) end();
    return rows;
  } catch (error) {
    for (const end of ends) end(error);
    throw error;
  }
}

const statementListener = new AsyncLocalStorage<(statement: RunStatement) => void>();

/** Calls `onStatement` for each statement that MikroORM runs for `work`. */
export const watchStatements = <Result>(
  onStatement: (statement: RunStatement) => void,
  work: () => Promise<Result>,
): Promise<Result> => statementListener.run(onStatement, work);

/** Makes MikroORM's logger, which receives its statements with placeholders in them. */
export const statementLogger = (options: LoggerOptions): Logger =>
  Object.assign(new DefaultLogger(options), {
    logQuery: ({ query = "", took = 0, level }: LogContext) =>
      statementListener.getStore()?.({ text: query, milliseconds: took, hasFailed: level === "error" }),
  });
