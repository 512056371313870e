import { PostgreSqlDriver } from "@mikro-orm/postgresql";

import { postgresqlMigrations } from "../../migrations/postgresql/index.js";
import type { Engine } from "../engine.js";
import { openConnection, openPipeline } from "./connection.js";
import { postgresqlDialect } from "./dialect.js";
import { postgresqlEventLog } from "./event-log.js";
import { isAway, isConflict, isTimeout, whyUnusable } from "./failure.js";
import { connectTimeoutMilliseconds, statementTimeoutMilliseconds } from "./reading-client.js";
import { TellingDialect } from "./telling-dialect.js";

// Connections of one process, and one for what tells who asks.
const writers = 8;
const shortReaders = 2;
// Enough that the server never waits for the next. More would wait there, where nobody has turns.
const shortReadsOfEach = 8;
const slowReaders = 2;

// How long a transaction may wait for another's lock, and may hold its own while it does nothing.
const lockTimeoutMilliseconds = 10_000;
const idleTimeoutMilliseconds = 10_000;

/** PostgreSQL, 15 or later. */
export const postgresqlEngine: Engine = {
  dialect: postgresqlDialect,
  writers,
  options: (url) => ({
    driver: PostgreSqlDriver,
    clientUrl: url,
    driverOptions: {
      client: TellingDialect,
      acquireConnectionTimeout: connectTimeoutMilliseconds,
      connection: {
        connectionString: url,
        application_name: "postern",
        connectionTimeoutMillis: connectTimeoutMilliseconds,
        statement_timeout: statementTimeoutMilliseconds,
        lock_timeout: lockTimeoutMilliseconds,
        idle_in_transaction_session_timeout: idleTimeoutMilliseconds,
        query_timeout: statementTimeoutMilliseconds + 1000,
        keepAlive: true,
      },
    },
    pool: { min: 0, max: writers },
  }),
  beginAt: (instant) => `select set_config('postern.instant', '${instant?.getTime() ?? ""}', true)`,
  eventLog: postgresqlEventLog,
  migrations: postgresqlMigrations,
  migrationsFolder: "src/migrations/postgresql",
  // Held until the transaction ends; whoever comes second waits for as long as the first one migrates.
  migrationLock: [
    "set local lock_timeout = 0",
    "set local statement_timeout = 0",
    "select pg_advisory_xact_lock(hashtext('postern migrations'))",
  ],
  migrationTable: (name) =>
    `create table if not exists ${name}
      (id serial primary key, name varchar(255), executed_at timestamptz default current_timestamp)`,
  async openReading({ url }, timer) {
    const pipelines = Array.from({ length: shortReaders }, () => openPipeline(url));
    return {
      credentials: openConnection(url, timer),
      short: Array.from({ length: shortReadsOfEach }, () => pipelines.map((pipeline) => ({ ...pipeline }))).flat(),
      any: Array.from({ length: slowReaders }, () => openConnection(url, timer)),
      together: [],
    };
  },
  whyUnusable,
  isAway,
  isTimeout,
  isConflict,
};
