import { availableParallelism } from "node:os";

import { sqliteMigrations } from "../migrations/sqlite/index.js";
import type { ReadConnection, Engine } from "../engine.js";
import { sql, type Sql } from "../sql.js";
import { openReadConnection } from "./read-connection.js";
import { sqliteDialect } from "./dialect.js";
import type { SqliteConnection } from "./driver.js";
import { sqliteEventLog } from "./event-log.js";
import { createPrivateFile } from "./private-file.js";
import { fileProblem, writeProblem } from "./file-problem.js";
import { NoSqliteError } from "./load-sqlite3.js";

const pathOf = (url: string): string => url.slice("sqlite:".length);

// Statements run on libuv's threads. One is for writing, one for hashing passwords, and one for short reads.
const threads = Number(process.env["UV_THREADPOOL_SIZE"]) || 4;
const slowConnections = Math.max(1, Math.min(threads - 3, availableParallelism() - 1));

/** SQLite, in a file or in memory. */
export const sqliteEngine: Engine = {
  dialect: sqliteDialect,
  writers: () => 1,
  async options(url) {
    const { sqliteOptions } = await import("./orm-options.js");
    return sqliteOptions(pathOf(url));
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
