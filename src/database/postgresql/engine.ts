import { PostgreSqlDriver } from "@mikro-orm/postgresql";

import { postgresqlMigrations } from "../../migrations/postgresql/index.js";
import type { Engine } from "../engine.js";
import { connectTimeoutMilliseconds, openConnection, statementTimeoutMilliseconds } from "./connection.js";
import { postgresqlDialect } from "./dialect.js";
import { shareOut } from "./share.js";
import { isAway, isConflict, isTimeout, whyUnusable } from "./failure.js";

// How long a transaction may wait for another's lock, and may hold its own while it does nothing.
const lockTimeoutMilliseconds = 10_000;
const idleTimeoutMilliseconds = 10_000;

const transactionLimits = {
  statement_timeout: statementTimeoutMilliseconds,
  lock_timeout: lockTimeoutMilliseconds,
  idle_in_transaction_session_timeout: idleTimeoutMilliseconds,
};
// A pooler knows none of them for a connection, or would leave them to the next one's transaction.
const limitsOfThisTransaction = `select ${Object.entries(transactionLimits)
  .map(([name, milliseconds]) => `set_config('${name}', '${milliseconds}', true)`)
  .join(", ")}`;

/** PostgreSQL, 15 or later. */
export const postgresqlEngine: Engine = {
  dialect: postgresqlDialect,
  writers: (use) => shareOut(use.connections).writers,
  options: (url, { connections, pooler }) => ({
    driver: PostgreSqlDriver,
    clientUrl: url,
    driverOptions: {
      acquireConnectionTimeout: connectTimeoutMilliseconds,
      connection: {
        connectionString: url,
        application_name: "postern",
        connectionTimeoutMillis: connectTimeoutMilliseconds,
        ...(pooler === "none" && transactionLimits),
        query_timeout: statementTimeoutMilliseconds + 1000,
        keepAlive: true,
      },
    },
    pool: { min: 0, max: shareOut(connections).writers },
  }),
  transactionStart: ({ pooler }) => (pooler === "none" ? undefined : limitsOfThisTransaction),
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
  async openReading({ url, use }, timer) {
    const { shortReaders, slowReaders } = shareOut(use.connections);
    const open = (count: number) => Array.from({ length: count }, () => openConnection(url, timer, use.pooler));
    const [credentials] = open(1);
    return { credentials: credentials!, short: open(shortReaders), any: open(slowReaders), together: [] };
  },
  whyUnusable,
  isAway,
  isTimeout,
  isConflict,
};
