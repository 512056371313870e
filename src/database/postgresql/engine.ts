import { PostgreSqlDriver } from "@mikro-orm/postgresql";

import { hostUrls } from "../../foundation/config/postgresql-hosts.js";
import { driverUrl } from "../../foundation/config/postgresql-url.js";
import { postgresqlMigrations } from "../migrations/postgresql/index.js";
import type { Engine } from "../engine.js";
import { sql } from "../sql.js";
import { openReadConnection, openReadPipeline } from "./read-connection.js";
import { postgresqlDialect } from "./dialect.js";
import { postgresqlEventLog } from "./event-log.js";
import { isAway, isConflict, isRolledBack, isTimeout, readOnlyProblem, whyUnusable } from "./classify-error.js";
import { connectTimeoutMilliseconds, statementTimeoutMilliseconds } from "./read-client.js";
import { divideConnections } from "./connection-shares.js";
import { WriterHostDialect } from "./knex-dialect.js";

// Enough that the server never waits for the next. More would wait there, where nobody has turns.
const shortReadsOfEach = 8;

// How long a transaction may wait for another's lock, and may hold its own while it does nothing.
const lockTimeoutMilliseconds = 10_000;
const idleTimeoutMilliseconds = 10_000;

const transactionLimits = {
  statement_timeout: statementTimeoutMilliseconds,
  lock_timeout: lockTimeoutMilliseconds,
  idle_in_transaction_session_timeout: idleTimeoutMilliseconds,
};
// A pooler knows none of them for a connection, or would leave them to the next one's transaction.
const limitsOfThisTransaction = Object.entries(transactionLimits)
  .map(([name, milliseconds]) => `set_config('${name}', '${milliseconds}', true)`)
  .join(", ");

// The connection that asks is read-only by itself: the value to reset to is the one that writing connections have.
const isReadOnly = sql`select pg_is_in_recovery()
  or (select reset_val from pg_settings where name = 'default_transaction_read_only') = 'on' as is_read_only`;

/** PostgreSQL, 15 or later. */
export const postgresqlEngine: Engine = {
  dialect: postgresqlDialect,
  writers: (use) => divideConnections(use.connections).writers,
  options: (url, { connections, pooler }) => ({
    driver: PostgreSqlDriver,
    clientUrl: hostUrls(url)[0],
    driverOptions: {
      client: WriterHostDialect,
      acquireConnectionTimeout: connectTimeoutMilliseconds,
      connection: {
        connectionString: driverUrl(hostUrls(url)[0]),
        hosts: hostUrls(url).map(driverUrl),
        application_name: "postern",
        connectionTimeoutMillis: connectTimeoutMilliseconds,
        ...(pooler === "none" && transactionLimits),
        query_timeout: statementTimeoutMilliseconds + 1000,
        keepAlive: true,
      },
    },
    pool: { min: 0, max: divideConnections(connections).writers },
  }),
  beginAt: (instant, { pooler }) => {
    const isHeard = `set_config('postern.instant', '${instant?.getTime() ?? ""}', true)`;
    return `select ${pooler === "none" ? isHeard : `${isHeard}, ${limitsOfThisTransaction}`}`;
  },
  runTogether: (em, statements) => em.execute(statements.join("; ")),
  eventLog: postgresqlEventLog,
  migrations: postgresqlMigrations,
  migrationsFolder: "src/database/migrations/postgresql",
  // Held until the transaction ends; whoever comes second waits for as long as the first one migrates.
  migrationLock: [
    "set local lock_timeout = 0",
    "set local statement_timeout = 0",
    "select pg_advisory_xact_lock(hashtext('postern migrations'))",
  ],
  migrationTable: (name) =>
    `create table if not exists ${name}
      (id serial primary key, name varchar(255), executed_at timestamptz default current_timestamp)`,
  async openReadConnections({ url, use: { connections, pooler } }, timer) {
    const { shortReaders, slowReaders } = divideConnections(connections);
    const pipelines = Array.from({ length: shortReaders }, () => openReadPipeline(url, pooler));
    return {
      credentials: openReadConnection(url, pooler, timer),
      short: Array.from({ length: shortReadsOfEach }, () => pipelines.map((pipeline) => ({ ...pipeline }))).flat(),
      any: Array.from({ length: slowReaders }, () => openReadConnection(url, pooler, timer)),
      together: [],
    };
  },
  file: () => undefined,
  makeFile: () => {},
  currentSchema: sql`select current_schema() as name`,
  // Those too that this user has no right to: information_schema leaves them out.
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
