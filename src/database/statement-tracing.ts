import { AsyncLocalStorage } from "node:async_hooks";

import { DefaultLogger, type LogContext, type LoggerOptions } from "@mikro-orm/core";

import type { OperationSpan, RunStatement } from "../foundation/tracing/span.js";
import type { Dialect, Sql } from "./sql.js";

/** Whoever waits for a statement; with a span, where anybody asked for that. */
type Asking = { readonly span?: OperationSpan | undefined };
const isTraced = ({ span }: Asking): boolean => span !== undefined;

/** Runs a statement of the reader, in a span of each operation that waits for it. */
export function traceStatement<Rows>(
  asking: readonly Asking[],
  statement: Sql,
  dialect: Dialect,
  run: () => Promise<Rows>,
): Promise<Rows> {
  return asking.some(isTraced) ? runInSpans(asking, statement.in(dialect).text, dialect.name, run) : run();
}

async function runInSpans<Rows>(
  asking: readonly Asking[],
  text: string,
  system: string,
  run: () => Promise<Rows>,
): Promise<Rows> {
  const ends = asking.flatMap(({ span }) => span?.statement(system, text) ?? []);
  try {
    const rows = await run();
    for (const end of ends) end();
    return rows;
  } catch (error) {
    for (const end of ends) end(error);
    throw error;
  }
}

const watching = new AsyncLocalStorage<(statement: RunStatement) => void>();

/** Tells of each statement that MikroORM runs for `work`. */
export const watchStatements = <Result>(
  onStatement: (statement: RunStatement) => void,
  work: () => Promise<Result>,
): Promise<Result> => watching.run(onStatement, work);

/** MikroORM's logger, since that is told of its statements with placeholders in them. */
export const statementLogger = (options: LoggerOptions): DefaultLogger =>
  Object.assign(new DefaultLogger(options), {
    logQuery: ({ query = "", took = 0, level }: LogContext) =>
      watching.getStore()?.({ text: query, milliseconds: took, hasFailed: level === "error" }),
  });
