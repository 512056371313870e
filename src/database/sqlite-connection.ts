import sqlite3 from "sqlite3";

import type { Timer } from "../clock.js";
import { busyTimeoutMilliseconds } from "./database.js";
import type { Sql } from "./sql.js";

/** A connection that can only read, with its statements kept prepared. It runs one at a time, in order. */
export type Connection = {
  /** @param signal interrupts the statement; its reason is thrown. */
  readonly all: <Row>(statement: Sql, signal?: AbortSignal) => Promise<Row[]>;
  readonly close: () => Promise<void>;
};

// Statements come in as many shapes as orders, filters and cursors combine to; few of them are in use at a time.
const keptStatements = 100;

// An interruption between two steps of the driver meets no statement and is lost, so it is repeated.
const interruptEveryMilliseconds = 20;

export async function openConnection(path: string, timer: Timer): Promise<Connection> {
  const connection = await new Promise<sqlite3.Database>((resolve, reject) => {
    const opened = new sqlite3.Database(path, sqlite3.OPEN_READONLY, (error) =>
      error === null ? resolve(opened) : reject(error),
    );
  });
  connection.configure("busyTimeout", busyTimeoutMilliseconds);

  const kept = new Map<string, Promise<sqlite3.Statement>>();

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

  const run = async <Row>(statement: Sql, signal: AbortSignal | undefined): Promise<Row[]> => {
    signal?.throwIfAborted();
    const one = await prepared(statement.text);
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
        one.all<Row>(valuesOf(statement), (error, rows) => (error === null ? resolve(rows) : reject(error))),
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
    all<Row>(statement: Sql, signal?: AbortSignal): Promise<Row[]> {
      const rows = last.then(() => run<Row>(statement, signal));
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

/** A statement's values as the driver takes them: dates in milliseconds. */
export function valuesOf({ values }: Sql): (string | number | null)[] {
  return values.map((value) => (value instanceof Date ? value.getTime() : value));
}
