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
  type Configuration,
  type Dictionary,
  type DriverException,
} from "@mikro-orm/core";
import {
  AbstractSqlDriver,
  BaseSqliteConnection,
  BaseSqlitePlatform,
  BaseSqliteSchemaHelper,
  SqliteKnexDialect,
} from "@mikro-orm/knex";
import sqlstring from "sqlstring-sqlite";

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

class SqliteConnection extends BaseSqliteConnection {
  override createKnex(): void {
    this.client = this.createKnexClient(SqliteKnexDialect as never);
    this.connected = true;
  }

  // oxlint-disable-next-line typescript/no-unnecessary-type-parameters -- as the inherited one is declared
  protected override transformRawResult<Result>(result: Ran, method: "all" | "get" | "run"): Result {
    // sqlite3 has another name for the last id than the drivers that it is made for.
    const isRun = method === "run" && !Array.isArray(result);
    return super.transformRawResult(isRun ? { ...result, lastInsertRowid: result.lastID } : result, method);
  }
}

/** What sqlite3 says of a statement that gives no rows. */
type Ran = { readonly lastID: number; readonly changes: number };

/** MikroORM's driver of SQLite by the package sqlite3. */
export class SqliteDriver extends AbstractSqlDriver<SqliteConnection> {
  constructor(config: Configuration) {
    super(config, new SqlitePlatform(), SqliteConnection, ["knex", "sqlite3"]);
  }
}
