import { availableParallelism } from "node:os";

import { sqliteMigrations } from "../migrations/sqlite/index.js";
import type { ReadConnection, Engine } from "../engine.js";
import { sql, type Sql } from "../sql.js";
import { busyTimeoutMilliseconds, openReadConnection } from "./read-connection.js";
import { sqliteDialect } from "./dialect.js";
import { SqliteDriver, type SqliteConnection } from "./driver.js";
import { sqliteEventLog } from "./event-log.js";
import { createPrivateFile } from "./private-file.js";
import { whyReadOnly, whyUnusable } from "./file-problem.js";
import { loadSqlite3, NoSqliteError } from "./load-sqlite3.js";
import { isBusy, pollMilliseconds } from "./knex-dialect.js";

// Switching to WAL fails at once, whatever the timeout, while another process that starts does the same. The empty
// transaction before it does wait. It waits in short steps: a process that is told to end meanwhile has to wait for the step.
const switchesToWal = Math.ceil(busyTimeoutMilliseconds / pollMilliseconds);
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
  tries = switchesToWal,
): void {
  connection.exec(pragmas, (error) => {
    if (isBusy(error) && tries > 1) prepareConnection(connection, done, tries - 1);
    else done(error);
  });
}

// To hand a statement to a thread and back takes longer than a short one takes to run, so those of one text that wait
// are handed over together; in so many numbers that few statements have to be kept for them.
const together = [8, 4, 2] as const;

/** The file of `sqlite:<path>`; `:memory:` for none. */
const pathOf = (url: string): string => url.slice("sqlite:".length);

// Statements run on libuv's threads. Writing needs one and hashing one, and one has to be left for what is quick.
const threads = Number(process.env["UV_THREADPOOL_SIZE"]) || 4;
const slowConnections = Math.max(1, Math.min(threads - 3, availableParallelism() - 1));

/** SQLite, in a file or in memory. */
export const sqliteEngine: Engine = {
  dialect: sqliteDialect,
  writers: () => 1,
  options(url) {
    // Here, since knex would tell of its absence in words of its own.
    loadSqlite3();
    return {
      driver: SqliteDriver,
      dbName: pathOf(url),
      // Who waits for the connection waits for a transaction that may wait for another process.
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
  // Every transaction is a writer from its first statement, and that is the lock.
  migrationLock: [],
  migrationTable: (name) =>
    `create table if not exists ${name}
      (id integer not null primary key autoincrement, name varchar(255), executed_at datetime default current_timestamp)`,
  async openReadConnections(database, timer) {
    const path = pathOf(database.url);
    // A database in memory belongs to its one connection, whose statements may be another's commit: none is cut.
    if (path === ":memory:") {
      const connection: ReadConnection = {
        all: <Row>(statement: Sql) => {
          const { text, values } = statement.in(sqliteDialect);
          return database.em.getConnection().execute<Row[]>(text, [...values]);
        },
        close: async () => {},
      };
      return { credentials: connection, short: [connection], any: [{ ...connection }], together: [] };
    }
    const open = () => openReadConnection(path, timer);
    const [credentials, short, ...any] = await Promise.all(Array.from({ length: 2 + slowConnections }, open));
    return { credentials: credentials!, short: [short!], any, together };
  },
  file: (url) => (pathOf(url) === ":memory:" ? undefined : pathOf(url)),
  makeFile(url) {
    if (pathOf(url) !== ":memory:") createPrivateFile(pathOf(url));
  },
  currentSchema: undefined,
  tables: sql`select name from sqlite_master where type = 'table'`,
  clock: undefined,
  whyReadOnly: async (url) => (url === "sqlite::memory:" ? undefined : whyReadOnly(pathOf(url))),
  whyUnusable(url, error) {
    if (error instanceof NoSqliteError) return error.message;
    const { code = "" } = error;
    return code.startsWith("SQLITE_") ? whyUnusable(pathOf(url), code) : undefined;
  },
  isAway: ({ code = "" }) => /^SQLITE_(BUSY|LOCKED|CANTOPEN|IOERR|FULL|READONLY)$/.test(code),
  isTimeout: () => false,
  // Nobody else is in a transaction meanwhile.
  isConflict: () => false,
  isRolledBack: () => false,
};
