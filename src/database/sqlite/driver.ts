// A replacement for the package @mikro-orm/sqlite, made of the same base classes as MikroORM's other SQLite drivers.
// That package depends on another version of sqlite3, which every installation of Postern would compile and never use.
import type { AnyEntity, Configuration, Dictionary, DriverException, EntityData, QueryResult } from "@mikro-orm/core";
import type { BaseSqliteConnection as Connection, Knex } from "@mikro-orm/knex";
import type { Database, Statement } from "sqlite3";
import sqlstring from "sqlstring-sqlite";

import {
  AbstractSqlDriver,
  BaseSqliteConnection,
  BaseSqlitePlatform,
  BaseSqliteSchemaHelper,
  CheckConstraintViolationException,
  ExceptionConverter,
  ForeignKeyConstraintViolationException,
  LockWaitTimeoutException,
  NotNullConstraintViolationException,
  TableNotFoundException,
  UniqueConstraintViolationException,
} from "../mikro-orm.js";
import { allRows, preparedStatementsOf } from "./prepared-statements.js";
import { ImmediateDialect } from "./knex-dialect.js";

const exceptions = [
  ["database is locked", LockWaitTimeoutException],
  ["UNIQUE constraint failed", UniqueConstraintViolationException],
  ["FOREIGN KEY constraint failed", ForeignKeyConstraintViolationException],
  ["NOT NULL constraint failed", NotNullConstraintViolationException],
  ["CHECK constraint failed", CheckConstraintViolationException],
  ["no such table", TableNotFoundException],
] as const;

class SqliteExceptionConverter extends ExceptionConverter {
  override convertException(error: Error & Dictionary): DriverException {
    const found = exceptions.find(([words]) => error.message.includes(words));
    return found === undefined ? super.convertException(error) : new found[1](error);
  }
}

class SqliteSchemaHelper extends BaseSqliteSchemaHelper {}

class SqlitePlatform extends BaseSqlitePlatform {
  protected override readonly schemaHelper = new SqliteSchemaHelper(this);
  protected override readonly exceptionConverter = new SqliteExceptionConverter();

  /** Writes a value as a literal. The inherited method escapes texts for MySQL. */
  override escape(value: unknown): string {
    return sqlstring.escape(value, true, this.timezone);
  }
}

/** A connection for transactions. */
export class SqliteConnection extends BaseSqliteConnection {
  override createKnex(): void {
    this.client = this.createKnexClient(ImmediateDialect as never);
    this.connected = true;
  }

  /**
   * Runs a statement of a transaction, prepared once, with its values bound to it. The inherited method writes the
   * values into the text, so that SQLite prepares each statement again: to compile a post's triggers takes longer than
   * to store the post.
   */
  override async execute<Result extends QueryResult | EntityData<AnyEntity> | EntityData<AnyEntity>[]>(
    ...asked: Parameters<Connection["execute"]>
  ): Promise<Result> {
    const [text, values = [], method = "all", context, logging] = asked;
    if (context === undefined || typeof text !== "string" || !canBind(values, text)) return super.execute(...asked);
    const run = async () => {
      const statement = await preparedStatementsOf(await connectionOf(context)).prepared(withIntegers(text, values));
      const isChange = method === "run" && returnsNoRows.test(text);
      return this.transformRawResult<Result>(await (isChange ? change : allRows)(statement, values), method);
    };
    const runOrThrow = () => run().catch((error: unknown) => throwWithText(text, error));
    return this.executeQuery(text, runOrThrow, { query: text, params: values, ...logging });
  }

  /** Runs statements without values or rows within a transaction. */
  async script(text: string, context: Knex.Transaction): Promise<void> {
    const connection = await connectionOf(context);
    const run = () =>
      new Promise<void>((resolve, reject) =>
        connection.exec(text, (error) => (error === null ? resolve() : reject(error))),
      );
    return this.executeQuery(text, run);
  }

  // oxlint-disable-next-line typescript/no-unnecessary-type-parameters -- as the inherited method is declared
  protected override transformRawResult<Result>(result: RunResult | unknown[], method: "all" | "get" | "run"): Result {
    // The inherited method expects the name of the last id in other drivers.
    const isRun = method === "run" && !Array.isArray(result);
    return super.transformRawResult(isRun ? { ...result, lastInsertRowid: result.lastID } : result, method);
  }
}

/** Adds the statement to SQLite's error message, as knex does, but without its values, which may be secrets. */
function throwWithText(text: string, error: unknown): never {
  if (error instanceof Error) error.message = `${text} - ${error.message}`;
  throw error;
}

async function connectionOf(transaction: Knex.Transaction): Promise<Database> {
  if (transaction.isCompleted()) throw new Error("The transaction has ended: run the statement in another one");
  return (await transaction.client.acquireConnection()) as Database;
}

const returnsNoRows = /^\s*(insert|update|delete)\b(?!.*\breturning\b)/is;

// SQLite accepts some 10,000 values, but a statement that long is unlikely to be repeated.
const maxBoundValues = 100;

/** Reports whether the values can be bound as they are, and the text means the same to SQLite as to MikroORM. */
const canBind = (values: readonly unknown[], text: string): boolean =>
  values.length <= maxBoundValues && values.every(isBindable) && !/\?\?|\\\?/.test(text);

// NaN and Infinity would be bound, and stored, as null. Written into the text they are an error.
const isBindable = (value: unknown): boolean =>
  value === null || typeof value === "string" || Number.isFinite(value) || typeof value === "boolean";

// sqlite3 binds larger integers as floating point: they would be divided with a fraction, and written as 5000000000.0.
const maxBoundInteger = 2 ** 31 - 1;
const isBoundAsReal = (value: unknown): boolean =>
  Number.isSafeInteger(value) && Math.abs(Number(value)) > maxBoundInteger;

/** Casts integers that would be bound as floating point. The plus sign removes the affinity that a cast has. */
function withIntegers(text: string, values: readonly unknown[]): string {
  if (!values.some(isBoundAsReal)) return text;
  let index = 0;
  return text.replaceAll("?", () => (isBoundAsReal(values[index++]) ? "+cast(? as integer)" : "?"));
}

/** The result of a statement that returns no rows. */
type RunResult = { readonly lastID: number; readonly changes: number };

function change(statement: Statement, values: readonly unknown[]): Promise<RunResult> {
  return new Promise((resolve, reject) =>
    statement.run(values, function (error) {
      if (error === null) resolve(this);
      else reject(error);
    }),
  );
}

/** MikroORM's driver of SQLite, on the package sqlite3. */
export class SqliteDriver extends AbstractSqlDriver<SqliteConnection> {
  constructor(config: Configuration) {
    super(config, new SqlitePlatform(), SqliteConnection, ["knex", "sqlite3"]);
  }
}
