import sqlite3 from "sqlite3";

import { beforeSignal } from "./deadline.js";
import { busyTimeoutMilliseconds, type Database } from "./database.js";
import type { Sql, SqlValue } from "./sql.js";

/**
 * The second road to the database, for what is only read: plain statements that are kept prepared, on connections of
 * their own, so that no page waits for a write. What has been committed before a statement begins is seen by it.
 */
export type Reader = {
  /**
   * All rows of a statement.
   *
   * @param signal ends the wait, and the statement itself where it has begun; its reason is thrown.
   */
  readonly all: <Row>(statement: Sql, signal?: AbortSignal) => Promise<Row[]>;
  /** Waits for what is being read, and closes. */
  readonly close: () => Promise<void>;
};

/** What one operation reads through. */
export type OperationReader = Pick<Reader, "all">;

/** The reader for an operation that ends with the signal. */
export function readerUnder(reader: Reader, signal: AbortSignal): OperationReader {
  return {
    async all(statement) {
      try {
        return await reader.all(statement, signal);
      } catch (error) {
        // The driver's own errors come from nowhere: here it is known who asked.
        if (error instanceof Error && error !== signal.reason) Error.captureStackTrace(error);
        throw error;
      }
    },
  };
}

// Reads run on libuv's threads, of which there are four. The writing connection needs one, hashing up to two.
const connectionCount = 2;
// Statements come in as many shapes as orders, filters and cursors combine to; few of them are in use at a time.
const keptStatements = 100;

/** Opens the reading side of a database that is open and up to date. */
export async function openReader(database: Database): Promise<Reader> {
  const path = database.config.get("dbName")!;
  // A database in memory belongs to its one connection, whose statements may be another's commit: none is cut.
  if (path === ":memory:") {
    return {
      all: (statement, signal) => {
        const { text, values } = statement;
        return beforeSignal(database.em.getConnection().execute(text, bound(values)), signal);
      },
      close: async () => {},
    };
  }
  const connections = await Promise.all(Array.from({ length: connectionCount }, () => openConnection(path)));
  return {
    all: (statement, signal) =>
      beforeSignal(connections.reduce((a, b) => (b.pending() < a.pending() ? b : a)).all(statement, signal), signal),
    close: async () => void (await Promise.all(connections.map((connection) => connection.close()))),
  };
}

type Connection = Reader & { readonly pending: () => number };

async function openConnection(path: string): Promise<Connection> {
  const connection = await new Promise<sqlite3.Database>((resolve, reject) => {
    const opened = new sqlite3.Database(path, sqlite3.OPEN_READONLY, (error) =>
      error === null ? resolve(opened) : reject(error),
    );
  });
  connection.configure("busyTimeout", busyTimeoutMilliseconds);

  const kept = new Map<string, Promise<sqlite3.Statement>>();
  let pending = 0;
  const interrupt = () => connection.interrupt();

  /** The statement of this text, moved to the end of those that are kept: the first has been unused the longest. */
  const prepared = (text: string): Promise<sqlite3.Statement> => {
    const known = kept.get(text);
    const statement = known ?? prepare(connection, text);
    kept.delete(text);
    kept.set(text, statement);
    if (known === undefined) {
      statement.catch(() => kept.delete(text));
      if (kept.size > keptStatements) void letGo(kept.keys().next().value!);
    }
    return statement;
  };
  const letGo = async (text: string): Promise<void> => {
    const statement = kept.get(text)!;
    kept.delete(text);
    // It ends what it is doing first. One that could not be prepared is nothing to let go of.
    const ended = await statement.catch(() => undefined);
    await new Promise<void>((resolve) => (ended === undefined ? resolve() : ended.finalize(() => resolve())));
  };

  const run = async <Row>({ text, values }: Sql, signal: AbortSignal | undefined): Promise<Row[]> => {
    signal?.throwIfAborted();
    const statement = await prepared(text);
    signal?.throwIfAborted();
    signal?.addEventListener("abort", interrupt, { once: true });
    // To the last row: one that stops before holds its snapshot of the database.
    return new Promise<Row[]>((resolve, reject) =>
      statement.all<Row>(bound(values), (error, rows) => (error === null ? resolve(rows) : reject(error))),
    ).finally(() => signal?.removeEventListener("abort", interrupt));
  };
  // One at a time, so that an interruption meets the statement that it is meant for and no other.
  let last: Promise<unknown> = Promise.resolve();

  return {
    pending: () => pending,
    all<Row>(statement: Sql, signal?: AbortSignal): Promise<Row[]> {
      pending += 1;
      const rows = last.then(() => run<Row>(statement, signal)).finally(() => (pending -= 1));
      last = rows.catch(() => {});
      return rows;
    },
    async close() {
      await last;
      await Promise.all([...kept.keys()].map(letGo));
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

function bound(values: readonly SqlValue[]): (string | number | null)[] {
  return values.map((value) => (value instanceof Date ? value.getTime() : value));
}
