import { availableParallelism } from "node:os";

import { sqliteMigrations } from "../migrations/sqlite/index.js";
import type { ReadConnection, Engine } from "../engine.js";
import { sql, type Sql } from "../sql.js";
import { busyTimeoutMilliseconds, openReadConnection } from "./read-connection.js";
import { sqliteDialect } from "./dialect.js";
import { SqliteDriver, type SqliteConnection } from "./driver.js";
import { sqliteEventLog } from "./event-log.js";
import { createPrivateFile } from "./private-file.js";
import { fileProblem, writeProblem } from "./file-problem.js";
import { loadSqlite3, NoSqliteError } from "./load-sqlite3.js";
import { isBusy, pollMilliseconds } from "./knex-dialect.js";

// Switching to WAL fails at once, whatever the timeout, while another starting process does the same. The empty
// transaction before it does wait. It waits in short steps, because a process can't stop before a step has ended.
const maxSwitchesToWal = Math.ceil(busyTimeoutMilliseconds / pollMilliseconds);
const pragmas = `
  pragma busy_timeout = ${pollMilliseconds};
  begin immediate;
  commit;
  pragma journal_mode = wal;
  pragma synchronous = full;
  pragma foreign_keys = on;
`;

type RawConnection = { exec(sql: string, done: (error: Error | null) => void): void };

function prepareConnection(
  connection: RawConnection,
  done: (error: Error | null) => void,
  tries = maxSwitchesToWal,
): void {
  connection.exec(pragmas, (error) => {
    if (isBusy(error) && tries > 1) prepareConnection(connection, done, tries - 1);
    else done(error);
  });
}

/** Returns the path in `sqlite:<path>`; `:memory:` for a database in memory. */
const pathOf = (url: string): string => url.slice("sqlite:".length);

// Statements run on libuv's threads. One is for writing, one for hashing passwords, and one for short reads.
const threads = Number(process.env["UV_THREADPOOL_SIZE"]) || 4;
const slowConnections = Math.max(1, Math.min(threads - 3, availableParallelism() - 1));

/** SQLite, in a file or in memory. */
export const sqliteEngine: Engine = {
  dialect: sqliteDialect,
  writers: () => 1,
  options(url) {
    // First, because knex would report that it is missing in its own words.
    loadSqlite3();
    return {
      driver: SqliteDriver,
      dbName: pathOf(url),
      // The transaction that has the connection may itself wait for another process.
      driverOptions: { acquireConnectionTimeout: 2 * busyTimeoutMilliseconds },
      pool: {
        afterCreate(connection: RawConnection, done: (error: Error | null, connection: RawConnection) => void) {
          prepareConnection(connection, (error) => done(error, connection));
        },
      },
      // The search index, the event log and the list of added migrations belong to migrations: they have no entities.
      schemaGenerator: {
        skipTables: [/^post_search/, "events", "operation_instant", "scheduled_posts", "added_migrations"],
      },
    };
  },
  beginAt: (instant) => `update operation_instant set at = ${instant?.getTime() ?? "null"}`,
  runTogether: (em, statements) =>
    (em.getConnection() as SqliteConnection).script(statements.join("; "), em.getTransactionContext()!),
  eventLog: sqliteEventLog,
  migrations: sqliteMigrations,
  migrationsFolder: "src/database/migrations/sqlite",
  // Every transaction is a writer from its first statement on, which is the lock.
  migrationLock: [],
  migrationTable: (name) =>
    `create table if not exists ${name}
      (id integer not null primary key autoincrement, name varchar(255), executed_at datetime default current_timestamp)`,
  async openReadConnections(database, timer) {
    const path = pathOf(database.url);
    // A database in memory has one connection, which writes too: cancelling on it could hit another operation's commit.
    if (path === ":memory:") {
      const connection: ReadConnection = {
        all: <Row>(statement: Sql) => {
          const { text, values } = statement.in(sqliteDialect);
          return database.em.getConnection().execute<Row[]>(text, [...values]);
        },
        close: async () => {},
      };
      return { credentials: connection, short: [connection], any: [{ ...connection }] };
    }
    const open = () => openReadConnection(path, timer);
    const [credentials, short, ...any] = await Promise.all(Array.from({ length: 2 + slowConnections }, open));
    return { credentials: credentials!, short: [short!], any };
  },
  file: (url) => (pathOf(url) === ":memory:" ? undefined : pathOf(url)),
  makeFile(url) {
    if (pathOf(url) !== ":memory:") createPrivateFile(pathOf(url));
  },
  currentSchema: undefined,
  tables: sql`select name from sqlite_master where type = 'table'`,
  clock: undefined,
  whyReadOnly: async (url) => (url === "sqlite::memory:" ? undefined : writeProblem(pathOf(url))),
  whyUnusable(url, error) {
    if (error instanceof NoSqliteError) return error.message;
    const { code = "" } = error;
    return code.startsWith("SQLITE_") ? fileProblem(pathOf(url), code) : undefined;
  },
  isAway: ({ code = "" }) => /^SQLITE_(BUSY|LOCKED|CANTOPEN|IOERR|FULL|READONLY)$/.test(code),
  isTimeout: () => false,
  // Only one transaction runs at a time.
  isConflict: () => false,
  isRolledBack: () => false,
};
