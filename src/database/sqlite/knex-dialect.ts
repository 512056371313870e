import { SqliteKnexDialect } from "@mikro-orm/knex";
import type sqlite3 from "sqlite3";

import { pause } from "../../foundation/clock.js";
import { busyTimeoutMilliseconds } from "./read-connection.js";
import { allRows, preparedStatementsOf } from "./prepared-statements.js";
import { loadSqlite3 } from "./load-sqlite3.js";

// SQLite's own wait looks for the lock every 100 ms in the end. A process that writes all the time leaves it for less
// than one, so another would hardly ever find it: waits are short, and repeated.
export const pollMilliseconds = 10;
// Who has met another process leaves the lock for this long before each of the next transactions.
const yieldMilliseconds = 3;
const yieldsAfterMeeting = 50;

/**
 * Begins every transaction as a writer. In WAL mode one that reads first and writes later fails at once with
 * SQLITE_BUSY when another connection wrote in between, whatever the timeout; one that begins as a writer waits.
 */
export class ImmediateDialect extends SqliteKnexDialect {
  private yields = 0;

  /** The one that is ours: knex may stand where it finds none. */
  _driver(): unknown {
    return loadSqlite3();
  }

  transaction(...args: unknown[]): unknown {
    const parent = super["transaction"] as (...args: unknown[]) => Transaction;
    const transaction = parent.apply(this, args);
    // Past knex's own query method, which swallows the error of a BEGIN that had to wait too long.
    transaction.begin = (connection) =>
      this.beginInTurn(() => transaction.trxClient.query(connection, "BEGIN IMMEDIATE;"));
    return transaction;
  }

  /** Nobody else has locked a row while a transaction runs, so there are none to pass over. Knex would refuse. */
  queryCompiler(...args: unknown[]): unknown {
    const parent = super["queryCompiler"] as (...args: unknown[]) => { skipLocked: () => string };
    return Object.assign(parent.apply(this, args), { skipLocked: () => "" });
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

  /** What begins and ends transactions is kept compiled; knex compiles each statement anew. */
  override async _query(connection: sqlite3.Database, query: Query): Promise<unknown> {
    // oxlint-disable-next-line no-underscore-dangle -- it is knex that names it so
    if (!boundaries.has(query.sql)) return super._query(connection, query);
    query.response = await allRows(await preparedStatementsOf(connection).prepared(query.sql), []);
    return query;
  }

  async destroyRawConnection(connection: sqlite3.Database): Promise<void> {
    preparedStatementsOf(connection).finalize();
    await (super["destroyRawConnection"] as (connection: sqlite3.Database) => Promise<void>)(connection);
  }
}

const boundaries = new Set(["BEGIN IMMEDIATE;", "COMMIT;", "ROLLBACK;"]);

type Query = { readonly sql: string; response?: unknown };
type Transaction = {
  begin(connection: unknown): Promise<unknown>;
  readonly trxClient: { query(connection: unknown, sql: string): Promise<unknown> };
};

export const isBusy = (error: unknown): boolean =>
  error instanceof Error && "code" in error && error.code === "SQLITE_BUSY";
