import { LRUCache } from "lru-cache";
import type sqlite3 from "sqlite3";

import type { Timer } from "../../clock.js";
import type { Connection } from "../engine.js";
import { interruptible } from "../interruptible.js";
import { sqliteDialect } from "./dialect.js";
import { loadSqlite3 } from "./sqlite3.js";

/** How long who finds the database locked waits for another process. */
export const busyTimeoutMilliseconds = 10_000;

// Statements come in as many shapes as orders, filters and cursors combine to; few of them are in use at a time.
const keptStatements = 100;

// Between two steps of the driver, an interruption meets no statement.
const interruptEveryMilliseconds = 20;

/** Opens a connection that can only read, with its statements kept prepared. */
export async function openConnection(path: string, timer: Timer): Promise<Connection> {
  const { Database, OPEN_READONLY } = loadSqlite3();
  const connection = await new Promise<sqlite3.Database>((resolve, reject) => {
    const opened = new Database(path, OPEN_READONLY, (error) => (error === null ? resolve(opened) : reject(error)));
  });
  connection.configure("busyTimeout", busyTimeoutMilliseconds);

  const kept = new LRUCache<string, sqlite3.Statement>({
    max: keptStatements,
    // It ends what it is doing first.
    dispose: (statement) => statement.finalize(),
  });
  const prepared = async (text: string): Promise<sqlite3.Statement> => {
    const known = kept.get(text);
    if (known !== undefined) return known;
    const statement = await prepare(connection, text);
    kept.set(text, statement);
    return statement;
  };

  const all = interruptible(
    async (statement) => {
      const { text, values } = statement.in(sqliteDialect);
      const one = await prepared(text);
      return {
        // To the last row: one that stops before holds its snapshot of the database.
        run: () =>
          new Promise<unknown[]>((resolve, reject) =>
            one.all(values, (error, rows) => (error === null ? resolve(rows) : reject(error))),
          ),
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
      kept.clear();
      await new Promise<void>((resolve, reject) =>
        connection.close((error) => (error === null ? resolve() : reject(error))),
      );
    },
  };
}

function prepare(connection: sqlite3.Database, text: string): Promise<sqlite3.Statement> {
  return new Promise((resolve, reject) => {
    const statement = connection.prepare(text, (error) => (error === null ? resolve(statement) : reject(error)));
  });
}
