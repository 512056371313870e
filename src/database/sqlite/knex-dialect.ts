import type sqlite3 from "sqlite3";

import { SqliteKnexDialect } from "../mikro-orm.js";
import { pause } from "../../foundation/clock.js";
import { busyTimeoutMilliseconds } from "./read-connection.js";
import { allRows, preparedStatementsOf } from "./prepared-statements.js";
import { loadSqlite3 } from "./load-sqlite3.js";

// SQLite's own wait ends up polling the lock every 100 ms. A process that writes all the time releases it for less than
// 1 ms, so another process would hardly ever get it. So the waits are short, and repeated.
export const pollMilliseconds = 10;
// A process that found the lock taken leaves it to others for this long before each of its next transactions.
const yieldMilliseconds = 3;
const yieldsAfterBusy = 50;

/**
 * Begins every transaction as a writer. In WAL mode a transaction that reads first and writes later fails at once with
 * SQLITE_BUSY if another connection wrote in between, whatever the timeout. One that begins as a writer waits.
 */
export class ImmediateDialect extends SqliteKnexDialect {
  private yields = 0;

  /** Loads our sqlite3: from where knex is installed, it may not be found. */
  _driver(): unknown {
    return loadSqlite3();
  }

  transaction(...args: unknown[]): unknown {
    const parent = super["transaction"] as (...args: unknown[]) => Transaction;
    const transaction = parent.apply(this, args);
    // Not by knex's own query method, which hides the error of a BEGIN that had to wait too long.
    transaction.begin = (connection) =>
      this.beginInTurn(() => transaction.trxClient.query(connection, "BEGIN IMMEDIATE;"));
    return transaction;
  }

  /** Ignores "skip locked", which knex rejects: while a transaction runs, no other one has locked a row. */
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
        this.yields = yieldsAfterBusy;
      }
    }
  }

  /** Keeps the statements that begin and end transactions prepared. Knex prepares each statement again. */
  override async _query(connection: sqlite3.Database, query: Query): Promise<unknown> {
    // oxlint-disable-next-line no-underscore-dangle -- knex's own name
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
