import { PostgreSqlKnexDialect } from "@mikro-orm/knex";

/**
 * Tells why a transaction could not begin. Knex's own query method swallows that, and the first statement then says
 * only that its transaction is complete.
 */
export class TellingDialect extends PostgreSqlKnexDialect {
  transaction(...args: unknown[]): unknown {
    const parent = super["transaction"] as (...args: unknown[]) => Transaction;
    const transaction = parent.apply(this, args);
    transaction.begin = (connection) => transaction.trxClient.query(connection, "BEGIN;");
    return transaction;
  }
}
type Transaction = {
  begin(connection: unknown): Promise<unknown>;
  readonly trxClient: { query(connection: unknown, sql: string): Promise<unknown> };
};
