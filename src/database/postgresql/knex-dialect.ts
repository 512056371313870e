import type pg from "pg";

import { PostgreSqlKnexDialect } from "../mikro-orm.js";
import { connectToWriter } from "./connect-to-writer.js";
import { connectTimeoutMilliseconds } from "./time-limits.js";

/**
 * Connects to the host that accepts writes, and reports why a transaction could not begin. Knex's own query method
 * hides that error, and the first statement then fails because its transaction "is complete".
 */
export class WriterHostDialect extends PostgreSqlKnexDialect {
  /** Opens a connection for the pool. */
  async _acquireOnlyConnection(): Promise<unknown> {
    const { hosts, ...settings } = this["connectionSettings"] as ConnectionSettings;
    const { Client } = this["driver"] as typeof pg;
    return connectToWriter(hosts, connectTimeoutMilliseconds, (connectionString, milliseconds) => {
      const connection = new Client({ ...settings, connectionString, connectionTimeoutMillis: milliseconds });
      // Knex's own mark for a connection that the pool has to replace.
      const lose = (why: unknown) => void Object.assign(connection, { __knex__disposed: why });
      return connection.on("error", lose).on("end", () => lose("Connection ended unexpectedly"));
    });
  }

  transaction(...args: unknown[]): unknown {
    const parent = super["transaction"] as (...args: unknown[]) => Transaction;
    const transaction = parent.apply(this, args);
    transaction.begin = (connection) => transaction.trxClient.query(connection, "BEGIN;");
    return transaction;
  }
}

type ConnectionSettings = { readonly hosts: readonly string[] };
type Transaction = {
  begin(connection: unknown): Promise<unknown>;
  readonly trxClient: { query(connection: unknown, sql: string): Promise<unknown> };
};
