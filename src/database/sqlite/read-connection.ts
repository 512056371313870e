import type sqlite3 from "sqlite3";

import type { Timer } from "../../foundation/clock.js";
import type { ReadConnection } from "../engine.js";
import { StatementQueue } from "../statement-queue.js";
import { sqliteDialect } from "./dialect.js";
import { loadSqlite3 } from "./load-sqlite3.js";
import { allRows, preparedStatementsOf } from "./prepared-statements.js";
import { readBatch } from "./read-batch.js";

/** How long a connection waits for another process that has locked the database. */
export const busyTimeoutMilliseconds = 10_000;

// An interrupt between two steps of the driver reaches no statement.
const repeatInterruptMilliseconds = 20;

/** Opens a read-only connection, which keeps its statements prepared. */
export async function openReadConnection(path: string, timer: Timer): Promise<ReadConnection> {
  const { Database, OPEN_READONLY } = loadSqlite3();
  const connection = await new Promise<sqlite3.Database>((resolve, reject) => {
    const opened = new Database(path, OPEN_READONLY, (error) => (error === null ? resolve(opened) : reject(error)));
  });
  connection.configure("busyTimeout", busyTimeoutMilliseconds);

  const statements = preparedStatementsOf(connection);
  const queue = new StatementQueue({
    async prepare(statement) {
      const { text, values } = statement.in(sqliteDialect);
      const prepared = await statements.prepared(text);
      return { run: () => allRows(prepared, values), cancel: () => connection.interrupt() };
    },
    timer,
    repeatCancelMilliseconds: repeatInterruptMilliseconds,
  });
  const all: ReadConnection["all"] = (statement, signal) => queue.all(statement, signal);
  return {
    all,
    batch: readBatch(all),
    async close() {
      await queue.idle();
      statements.finalize();
      await new Promise<void>((resolve, reject) =>
        connection.close((error) => (error === null ? resolve() : reject(error))),
      );
    },
  };
}
