import sqlite3 from "sqlite3";

import { busyTimeoutMilliseconds, type Database } from "./database.js";
import type { Sql, SqlValue } from "./sql.js";

/**
 * The second road to the database, for what is only read: plain statements that are kept prepared, on connections of
 * their own, so that no page waits for a write. What has been committed before a statement begins is seen by it.
 */
export type Reader = {
  readonly all: <Row>(statement: Sql) => Promise<Row[]>;
  /** Waits for what is being read, and closes. */
  readonly close: () => Promise<void>;
};

// Reads run on libuv's threads, of which there are four. The writing connection needs one, hashing up to two.
const connectionCount = 2;
// Statements come in as many shapes as orders, filters and cursors combine to; few of them are in use at a time.
const keptStatements = 100;

/** Opens the reading side of a database that is open and up to date. */
export async function openReader(database: Database): Promise<Reader> {
  const path = database.config.get("dbName")!;
  // A database in memory belongs to its one connection.
  if (path === ":memory:") {
    return {
      all: ({ text, values }) => database.em.getConnection().execute(text, bound(values)),
      close: async () => {},
    };
  }
  const connections = await Promise.all(Array.from({ length: connectionCount }, () => openConnection(path)));
  return {
    all: (statement) => connections.reduce((a, b) => (b.pending() < a.pending() ? b : a)).all(statement),
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

  return {
    pending: () => pending,
    async all<Row>({ text, values }: Sql): Promise<Row[]> {
      pending += 1;
      try {
        const statement = await prepared(text);
        // To the last row: one that stops before holds its snapshot of the database.
        return await new Promise<Row[]>((resolve, reject) =>
          statement.all<Row>(bound(values), (error, rows) => (error === null ? resolve(rows) : reject(error))),
        );
      } finally {
        pending -= 1;
      }
    },
    async close() {
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
