import type sqlite3 from "sqlite3";

import type { Timer } from "../../foundation/clock.js";
import type { ReadConnection } from "../engine.js";
import { interruptible } from "../statement-queue.js";
import { sqliteDialect } from "./dialect.js";
import { allRows, preparedStatementsOf } from "./prepared-statements.js";
import { loadSqlite3 } from "./load-sqlite3.js";

/** How long who finds the database locked waits for another process. */
export const busyTimeoutMilliseconds = 10_000;

// Between two steps of the driver, an interruption meets no statement.
const interruptEveryMilliseconds = 20;

/** Opens a connection that can only read, with its statements kept prepared. */
export async function openReadConnection(path: string, timer: Timer): Promise<ReadConnection> {
  const { Database, OPEN_READONLY } = loadSqlite3();
  const connection = await new Promise<sqlite3.Database>((resolve, reject) => {
    const opened = new Database(path, OPEN_READONLY, (error) => (error === null ? resolve(opened) : reject(error)));
  });
  connection.configure("busyTimeout", busyTimeoutMilliseconds);

  const kept = preparedStatementsOf(connection);
  const all = interruptible(
    async (statement) => {
      const { text, values } = statement.in(sqliteDialect);
      const one = await kept.prepared(text);
      return {
        run: () => allRows(one, values),
        interrupt: () => connection.interrupt(),
      };
    },
    timer,
    interruptEveryMilliseconds,
  );

  return {
    all,
    async close() {
      await all.idle();
      kept.finalize();
      await new Promise<void>((resolve, reject) =>
        connection.close((error) => (error === null ? resolve() : reject(error))),
      );
    },
  };
}
