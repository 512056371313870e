// What the package @mikro-orm/sqlite is, made of the parts that MikroORM's other drivers of SQLite are made of. That
// package asks for another sqlite3 than ours, which whoever installs Postern would have compiled and never used.
import {
  CheckConstraintViolationException,
  ExceptionConverter,
  ForeignKeyConstraintViolationException,
  LockWaitTimeoutException,
  NotNullConstraintViolationException,
  TableNotFoundException,
  UniqueConstraintViolationException,
  type AnyEntity,
  type Configuration,
  type Dictionary,
  type DriverException,
  type EntityData,
  type QueryResult,
} from "@mikro-orm/core";
import {
  AbstractSqlDriver,
  BaseSqliteConnection,
  BaseSqlitePlatform,
  BaseSqliteSchemaHelper,
  type Knex,
} from "@mikro-orm/knex";
import type { Database, Statement } from "sqlite3";
import sqlstring from "sqlstring-sqlite";

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

  /** Puts a value into a statement. The inherited one writes texts as MySQL reads them. */
  override escape(value: unknown): string {
    return sqlstring.escape(value, true, this.timezone);
  }
}

/** A connection to write by. */
export class SqliteConnection extends BaseSqliteConnection {
  override createKnex(): void {
    this.client = this.createKnexClient(ImmediateDialect as never);
    this.connected = true;
  }

  /**
   * Runs a statement of a transaction, compiled once, with its values beside it. The inherited one writes them into its
   * text, so that each is new to SQLite: to compile a post's triggers takes longer than to store it.
   */
  override async execute<Result extends QueryResult | EntityData<AnyEntity> | EntityData<AnyEntity>[]>(
    ...asked: Parameters<BaseSqliteConnection["execute"]>
  ): Promise<Result> {
    const [text, values = [], method = "all", context, logging] = asked;
    if (context === undefined || typeof text !== "string" || !canStandBeside(values, text))
      return super.execute(...asked);
    const run = async () => {
      const statement = await preparedStatementsOf(await connectionOf(context)).prepared(
        withWholeNumbers(text, values),
      );
      const isChange = method === "run" && givesNoRows.test(text);
      return this.transformRawResult<Result>(await (isChange ? change : allRows)(statement, values), method);
    };
    const runOrTell = () => run().catch((error: unknown) => tellOf(text, error));
    return this.executeQuery(text, runOrTell, { query: text, params: values, ...logging });
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

  // oxlint-disable-next-line typescript/no-unnecessary-type-parameters -- as the inherited one is declared
  protected override transformRawResult<Result>(result: Ran | unknown[], method: "all" | "get" | "run"): Result {
    // sqlite3 has another name for the last id than the drivers that it is made for.
    const isRun = method === "run" && !Array.isArray(result);
    return super.transformRawResult(isRun ? { ...result, lastInsertRowid: result.lastID } : result, method);
  }
}

/** Adds the statement to what SQLite says of it, as knex does, but without its values: they might be secrets. */
function tellOf(text: string, error: unknown): never {
  if (error instanceof Error) error.message = `${text} - ${error.message}`;
  throw error;
}

async function connectionOf(transaction: Knex.Transaction): Promise<Database> {
  if (transaction.isCompleted()) throw new Error("The transaction is over");
  return (await transaction.client.acquireConnection()) as Database;
}

const givesNoRows = /^\s*(insert|update|delete)\b(?!.*\breturning\b)/is;

// SQLite takes some ten thousand, but statements so long don't come again.
const mostBeside = 100;

/** Whether values can be bound to the statement as they are, and the text means to SQLite what it means to MikroORM. */
const canStandBeside = (values: readonly unknown[], text: string): boolean =>
  values.length <= mostBeside && values.every(isBindable) && !/\?\?|\\\?/.test(text);

// What is no number would be bound as null, and so stored where nothing is meant; written into the text it is refused.
const isBindable = (value: unknown): boolean =>
  value === null || typeof value === "string" || Number.isFinite(value) || typeof value === "boolean";

// sqlite3 binds whole numbers as such up to here only, and others as floating point: 5000000000 / 1000 would have a
// fraction, and be written as 5000000000.0.
const mostBoundWhole = 2 ** 31 - 1;
const isBoundAsReal = (value: unknown): boolean =>
  Number.isSafeInteger(value) && Math.abs(Number(value)) > mostBoundWhole;

/** Makes whole numbers of those that are bound otherwise. The sign takes away the affinity that a cast has. */
function withWholeNumbers(text: string, values: readonly unknown[]): string {
  if (!values.some(isBoundAsReal)) return text;
  let index = 0;
  return text.replaceAll("?", () => (isBoundAsReal(values[index++]) ? "+cast(? as integer)" : "?"));
}

/** What sqlite3 says of a statement that gives no rows. */
type Ran = { readonly lastID: number; readonly changes: number };

function change(statement: Statement, values: readonly unknown[]): Promise<Ran> {
  return new Promise((resolve, reject) =>
    statement.run(values, function (error) {
      if (error === null) resolve(this);
      else reject(error);
    }),
  );
}

/** MikroORM's driver of SQLite by the package sqlite3. */
export class SqliteDriver extends AbstractSqlDriver<SqliteConnection> {
  constructor(config: Configuration) {
    super(config, new SqlitePlatform(), SqliteConnection, ["knex", "sqlite3"]);
  }
}
