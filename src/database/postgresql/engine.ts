import { postgresqlMigrations } from "../migrations/postgresql/index.js";
import type { Engine } from "../engine.js";
import { sql } from "../sql.js";
import { postgresqlDialect } from "./dialect.js";
import { postgresqlEventLog } from "./event-log.js";
import { isAway, isConflict, isRolledBack, isTimeout, readOnlyProblem, whyUnusable } from "./classify-error.js";
import { transactionLimits } from "./time-limits.js";
import { divideConnections } from "./connection-shares.js";

// Enough to keep the server busy. More would wait in the server, where the queue is not fair.
const readsPerPipeline = 8;

// For use behind a pooler, which rejects them as connection settings or would leak them into another client's
// transaction.
const setLocalLimits = Object.entries(transactionLimits)
  .map(([name, milliseconds]) => `set_config('${name}', '${milliseconds}', true)`)
  .join(", ");

// The reader's own connections are read-only, so look at the value that writing connections start with.
const isReadOnly = sql`select pg_is_in_recovery()
  or (select reset_val from pg_settings where name = 'default_transaction_read_only') = 'on' as is_read_only`;

/** PostgreSQL, 15 or later. */
export const postgresqlEngine: Engine = {
  dialect: postgresqlDialect,
  writers: (use) => divideConnections(use.connections).writers,
  async options(url, use) {
    const { postgresqlOptions } = await import("./orm-options.js");
    return postgresqlOptions(url, use);
  },
  beginAt: (instant, { pooler }) => {
    const setInstant = `set_config('postern.instant', '${instant?.getTime() ?? ""}', true)`;
    return `select ${pooler === "none" ? setInstant : `${setInstant}, ${setLocalLimits}`}`;
  },
  runTogether: (em, statements) => em.execute(statements.join("; ")),
  eventLog: postgresqlEventLog,
  migrations: postgresqlMigrations,
  migrationsFolder: "src/database/migrations/postgresql",
  // Held until the transaction ends: a second process waits until the first one has migrated.
  migrationLock: [
    "set local lock_timeout = 0",
    "set local statement_timeout = 0",
    "select pg_advisory_xact_lock(hashtext('postern migrations'))",
  ],
  migrationTable: (name) =>
    `create table if not exists ${name}
      (id serial primary key, name varchar(255), executed_at timestamptz default current_timestamp)`,
  async openReadConnections({ url, use: { connections, pooler } }, timer) {
    // Loads the driver.
    const { openReadConnection, openReadPipeline } = await import("./read-connection.js");
    const { shortReaders, slowReaders } = divideConnections(connections);
    const pipelines = Array.from({ length: shortReaders }, () => openReadPipeline(url, pooler));
    return {
      credentials: openReadConnection(url, pooler, timer),
      short: Array.from({ length: readsPerPipeline }, () => pipelines.map((pipeline) => ({ ...pipeline }))).flat(),
      any: Array.from({ length: slowReaders }, () => openReadConnection(url, pooler, timer)),
    };
  },
  file: () => undefined,
  makeFile: () => {},
  currentSchema: sql`select current_schema() as name`,
  // Not information_schema, which leaves out the tables that this user has no privileges for.
  tables: sql`select tablename as name from pg_tables where schemaname = current_schema()`,
  clock: sql`select (extract(epoch from clock_timestamp()) * 1000)::bigint as now`,
  async whyReadOnly(_url, reader) {
    const [row] = await reader.all<{ is_read_only: boolean }>(isReadOnly);
    return row!.is_read_only ? readOnlyProblem : undefined;
  },
  whyUnusable,
  isAway,
  isTimeout,
  isConflict,
  isRolledBack,
};
