import { LRUCache } from "lru-cache";
import sqlite3 from "sqlite3";

import type { Timer } from "../../clock.js";
import type { Signal } from "../deadline.js";
import type { Connection } from "../engine.js";
import type { Sql } from "../sql.js";
import { sqliteDialect } from "./dialect.js";

/** How long who finds the database locked waits for another process. */
export const busyTimeoutMilliseconds = 10_000;

// Statements come in as many shapes as orders, filters and cursors combine to; few of them are in use at a time.
const keptStatements = 100;

// An interruption between two steps of the driver meets no statement and is lost, so it is repeated.
const interruptEveryMilliseconds = 20;

/** Opens a connection that can only read, with its statements kept prepared. */
export async function openConnection(path: string, timer: Timer): Promise<Connection> {
  const connection = await new Promise<sqlite3.Database>((resolve, reject) => {
    const opened = new sqlite3.Database(path, sqlite3.OPEN_READONLY, (error) =>
      error === null ? resolve(opened) : reject(error),
    );
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

  const run = async <Row>(statement: Sql, signal: Signal | undefined): Promise<Row[]> => {
    signal?.throwIfAborted();
    const { text, values } = statement.in(sqliteDialect);
    const one = await prepared(text);
    signal?.throwIfAborted();
    let lift: (() => void) | undefined;
    const interrupt = () => {
      connection.interrupt();
      lift = timer(interruptEveryMilliseconds, interrupt);
    };
    signal?.addEventListener("abort", interrupt, { once: true });
    try {
      // To the last row: one that stops before holds its snapshot of the database.
      return await new Promise<Row[]>((resolve, reject) =>
        one.all<Row>(values, (error, rows) => (error === null ? resolve(rows) : reject(error))),
      );
    } catch (error) {
      throw signal?.aborted === true ? signal.reason : error;
    } finally {
      signal?.removeEventListener("abort", interrupt);
      lift?.();
    }
  };
  // One at a time, so that an interruption meets the statement that it is meant for and no other.
  let last: Promise<unknown> = Promise.resolve();

  return {
    all<Row>(statement: Sql, signal?: Signal): Promise<Row[]> {
      const rows = last.then(() => run<Row>(statement, signal));
      last = rows.catch(() => {});
      return rows;
    },
    async close() {
      await last;
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
