import "reflect-metadata";

import type { EntityManager } from "@mikro-orm/core";
import { SqliteKnexDialect } from "@mikro-orm/knex";
import { Migrator } from "@mikro-orm/migrations";
import { defineConfig, MikroORM } from "@mikro-orm/sqlite";

import { beforeSignal } from "./deadline.js";
import { sqliteMigrations } from "../migrations/sqlite/index.js";
import { Post } from "../post/post.entity.js";
import { Attempt } from "../account/attempt.entity.js";
import { RefreshToken } from "../session/refresh-token.entity.js";
import { Session } from "../session/session.entity.js";
import { Vote } from "../post/vote.entity.js";
import { User } from "../user/user.entity.js";

export type Database = MikroORM;

/**
 * Begins every transaction as a writer. In WAL mode one that reads first and writes later fails at once with
 * SQLITE_BUSY when another connection wrote in between, whatever the timeout; one that begins as a writer waits.
 */
class WriterFirstDialect extends SqliteKnexDialect {
  transaction(...args: unknown[]): unknown {
    const parent = super["transaction"] as (...args: unknown[]) => Transaction;
    const transaction = parent.apply(this, args);
    // Past knex's own query method, which swallows the error of a BEGIN that had to wait too long.
    transaction.begin = (connection) => transaction.trxClient.query(connection, "BEGIN IMMEDIATE;");
    return transaction;
  }
}
type Transaction = {
  begin(connection: unknown): Promise<unknown>;
  readonly trxClient: { query(connection: unknown, sql: string): Promise<unknown> };
};

type RawConnection = { exec(sql: string, done: (error: Error | null) => void): void };

/** How long a connection waits for another's lock. */
export const busyTimeoutMilliseconds = 10_000;

// Switching to WAL fails at once, whatever the timeout, while another process that starts does the same. The empty
// transaction before it does wait, so a few tries are enough.
const switchesToWal = 20;
const pragmas = `
  pragma busy_timeout = ${busyTimeoutMilliseconds};
  begin immediate;
  commit;
  pragma journal_mode = wal;
  pragma synchronous = full;
  pragma foreign_keys = on;
`;

function prepareConnection(
  connection: RawConnection,
  done: (error: Error | null) => void,
  tries = switchesToWal,
): void {
  connection.exec(pragmas, (error) => {
    if (error !== null && "code" in error && error.code === "SQLITE_BUSY" && tries > 1)
      prepareConnection(connection, done, tries - 1);
    else done(error);
  });
}

const migrationTable = "migrations";

/** MikroORM's options for `sqlite:<path>` or `sqlite::memory:`. */
export function databaseOptions(url: string) {
  return defineConfig({
    dbName: url.slice("sqlite:".length),
    entities: [User, Session, RefreshToken, Attempt, Post, Vote],
    discovery: { disableDynamicFileAccess: true },
    extensions: [Migrator],
    // Whoever waits for the connection waits for a writer that waits for the lock.
    driverOptions: { client: WriterFirstDialect, acquireConnectionTimeout: 2 * busyTimeoutMilliseconds },
    pool: {
      afterCreate(connection: RawConnection, done: (error: Error | null, connection: RawConnection) => void) {
        prepareConnection(connection, (error) => done(error, connection));
      },
    },
    // The search index belongs to the migrations: there are no entities for it.
    schemaGenerator: { skipTables: [/^post_search/] },
    migrations: {
      path: "src/migrations/sqlite",
      migrationsList: sqliteMigrations,
      tableName: migrationTable,
      // All pending ones in one transaction: a start that is killed half-way leaves the database as it was.
      allOrNothing: true,
      disableForeignKeys: false,
      snapshot: false,
      silent: true,
    },
  });
}

/** Opens the database and brings its tables up to date. Several processes may do so at once. */
export async function openDatabase(url: string): Promise<Database> {
  const orm = await MikroORM.init(databaseOptions(url));
  try {
    // The migrator creates its table outside its transaction, and two processes that start together would both
    // try. From here on the table is there, and the transaction, a writer from its first statement, is the lock.
    await orm.em.getConnection().execute(
      `create table if not exists ${migrationTable}
        (id integer not null primary key autoincrement, name varchar(255), executed_at datetime default current_timestamp)`,
    );
    await orm.getMigrator().up();
  } catch (error) {
    await orm.close(true);
    throw error;
  }
  return orm;
}

const signals = new WeakMap<EntityManager, AbortSignal>();

/** Lets the transactions of this EntityManager begin and commit only before the signal. */
export function putUnder(signal: AbortSignal, em: EntityManager): void {
  signals.set(em, signal);
}

/** The signal that ends the operation of this EntityManager. */
export const signalOf = (em: EntityManager): AbortSignal | undefined => signals.get(em);

/**
 * Runs `work` in one write transaction on a fresh EntityManager, so that it sees what others have committed and not
 * what was read before; commits what it changed. Nothing slow (hashing, calls) belongs inside: others wait.
 *
 * @throws the reason of the operation's signal, where that comes while it waits for its turn or before it commits. A
 * commit that has begun is never cut, and its outcome is told.
 */
export function inTransaction<Result>(
  em: EntityManager,
  work: (em: EntityManager) => Promise<Result>,
): Promise<Result> {
  const signal = signalOf(em);
  let hasBegun = false;
  const transaction = em.fork().transactional(async (em) => {
    hasBegun = true;
    signal?.throwIfAborted();
    const result = await work(em);
    signal?.throwIfAborted();
    return result;
  });
  return beforeSignal(transaction, signal, () => !hasBegun);
}

/** Whether the database could not be reached or stayed locked, so that another try may succeed. */
export function isDatabaseAway(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  // The driver's own error, or MikroORM's around it, which takes its code over; or a wait for the one connection.
  const code = "code" in error ? String(error.code) : "";
  return (
    /^SQLITE_(BUSY|LOCKED|CANTOPEN|IOERR|FULL|READONLY)$/.test(code) || /\bacquiring a connection\b/.test(error.message)
  );
}
