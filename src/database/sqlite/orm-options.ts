import type { Options } from "@mikro-orm/core";

import { SqliteDriver } from "./driver.js";
import { isBusy, pollMilliseconds } from "./knex-dialect.js";
import { loadSqlite3 } from "./load-sqlite3.js";
import { busyTimeoutMilliseconds } from "./read-connection.js";

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
/** Returns MikroORM's options for a SQLite database. */
export function sqliteOptions(path: string): Options<SqliteDriver> {
  // First, because knex would report that it is missing in its own words.
  loadSqlite3();
  return {
    driver: SqliteDriver,
    dbName: path,
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
}
