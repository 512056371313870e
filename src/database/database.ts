import "reflect-metadata";

import type { EntityClass } from "@mikro-orm/core";
import { SqliteKnexDialect } from "@mikro-orm/knex";
import { Migrator } from "@mikro-orm/migrations";
import { defineConfig, MikroORM } from "@mikro-orm/sqlite";

import { pause } from "../clock.js";
import { whyUnusable } from "./open-failure.js";
import { sqliteMigrations } from "../migrations/sqlite/index.js";

export type Database = MikroORM;

/** How long a writer waits for another process's lock. */
export const busyTimeoutMilliseconds = 10_000;
// SQLite's own wait looks for the lock every 100 ms in the end. A process that writes all the time leaves it for less
// than one, so another would hardly ever find it: waits are short, and repeated.
const pollMilliseconds = 10;
// Who has met another process leaves the lock for this long before each of the next transactions.
const yieldMilliseconds = 3;
const yieldsAfterMeeting = 50;

/**
 * Begins every transaction as a writer. In WAL mode one that reads first and writes later fails at once with
 * SQLITE_BUSY when another connection wrote in between, whatever the timeout; one that begins as a writer waits.
 */
class WriterFirstDialect extends SqliteKnexDialect {
  private yields = 0;

  transaction(...args: unknown[]): unknown {
    const parent = super["transaction"] as (...args: unknown[]) => Transaction;
    const transaction = parent.apply(this, args);
    // Past knex's own query method, which swallows the error of a BEGIN that had to wait too long.
    transaction.begin = (connection) =>
      this.beginInTurn(() => transaction.trxClient.query(connection, "BEGIN IMMEDIATE;"));
    return transaction;
  }

  private async beginInTurn(begin: () => Promise<unknown>): Promise<unknown> {
    if (this.yields > 0) {
      this.yields -= 1;
      await pause(yieldMilliseconds);
    }
    for (let waited = 0; ; waited += pollMilliseconds) {
      try {
        return await begin();
      } catch (error) {
        if (!isBusy(error) || waited >= busyTimeoutMilliseconds) throw error;
        this.yields = yieldsAfterMeeting;
      }
    }
  }
}
type Transaction = {
  begin(connection: unknown): Promise<unknown>;
  readonly trxClient: { query(connection: unknown, sql: string): Promise<unknown> };
};

const isBusy = (error: unknown): boolean => error instanceof Error && "code" in error && error.code === "SQLITE_BUSY";

type RawConnection = { exec(sql: string, done: (error: Error | null) => void): void };

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
  pragma busy_timeout = ${pollMilliseconds};
`;

function prepareConnection(
  connection: RawConnection,
  done: (error: Error | null) => void,
  tries = switchesToWal,
): void {
  connection.exec(pragmas, (error) => {
    if (isBusy(error) && tries > 1) prepareConnection(connection, done, tries - 1);
    else done(error);
  });
}

const migrationTable = "migrations";

/** MikroORM's options for `sqlite:<path>` or `sqlite::memory:`. */
export function databaseOptions(url: string, entities: readonly EntityClass<object>[]) {
  return defineConfig({
    dbName: url.slice("sqlite:".length),
    entities: [...entities],
    discovery: { disableDynamicFileAccess: true },
    extensions: [Migrator],
    // Who waits for the connection waits for a transaction that may wait for another process.
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

/** A database that can't be opened or used; the message says why, in a line. */
export class DatabaseUnusableError extends Error {
  override readonly name = "DatabaseUnusableError";

  constructor(
    message: string,
    readonly code = "",
    cause?: unknown,
  ) {
    super(message, { cause });
  }
}

/**
 * Opens the database and brings its tables up to date. Several processes may do so at once.
 *
 * @throws DatabaseUnusableError
 */
export async function openDatabase(url: string, entities: readonly EntityClass<object>[]): Promise<Database> {
  let orm: Database | undefined;
  try {
    orm = await MikroORM.init(databaseOptions(url, entities));
    // The migrator creates its table outside its transaction, and two processes that start together would both
    // try. From here on the table is there, and the transaction, a writer from its first statement, is the lock.
    await orm.em.fork().transactional((em) =>
      em.getConnection().execute(
        `create table if not exists ${migrationTable}
            (id integer not null primary key autoincrement, name varchar(255), executed_at datetime default current_timestamp)`,
        [],
        "run",
        em.getTransactionContext(),
      ),
    );
    await refuseNewer(orm);
    await orm.getMigrator().up();
    return orm;
  } catch (error) {
    await orm?.close(true);
    const code = error instanceof Error && "code" in error ? String(error.code) : "";
    throw code.startsWith("SQLITE_") ? new DatabaseUnusableError(whyUnusable(url, code), code, error) : error;
  }
}

/** Refuses a database that a newer version has migrated: this one doesn't know what its tables hold. */
async function refuseNewer(orm: Database): Promise<void> {
  const known = new Set(sqliteMigrations.map(({ name }) => name));
  const rows = await orm.em.getConnection().execute<{ name: string }[]>(`select name from ${migrationTable}`);
  const unknown = rows.map(({ name }) => name).filter((name) => !known.has(name));
  if (unknown.length > 0)
    throw new DatabaseUnusableError(
      `The database was migrated by a newer version of Postern (${unknown.join(", ")}): start that version, or restore a backup`,
    );
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
