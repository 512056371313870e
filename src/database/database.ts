import "reflect-metadata";

import { MikroORM, type EntityClass, type Options } from "@mikro-orm/core";
import type { AbstractSqlDriver, SqlEntityManager } from "@mikro-orm/knex";
import { Migrator } from "@mikro-orm/migrations";

import { defaultDatabaseUse, type DatabaseUse } from "../foundation/config/database-use.js";
import { runAddedMigrations, type AddedMigration } from "./added-migrations.js";
import type { Database, DriverError, Engine } from "./engine.js";
import { PlainEntityManager } from "./entity-manager.js";
import { statementLogger } from "./statement-tracing.js";
import { postgresqlEngine } from "./postgresql/engine.js";
import { sqliteEngine } from "./sqlite/engine.js";

export type { Database } from "./engine.js";

const engines: readonly Engine[] = [sqliteEngine, postgresqlEngine];

/** The engine of a database, by how its URL begins. */
export const engineOf = (url: string): Engine => (url.startsWith("sqlite:") ? sqliteEngine : postgresqlEngine);

/** The table that tells which migrations have run. */
export const migrationTable = "migrations";

/** MikroORM's options for the database of a `DATABASE_URL`. */
export function databaseOptions(
  url: string,
  entities: readonly EntityClass<object>[],
  use = defaultDatabaseUse,
  onWarning: (message: string) => void = () => {},
): Options<AbstractSqlDriver> {
  const engine = engineOf(url);
  const options = engine.options(url, use);
  // Knex would print on standard output, whatever that is.
  const tell = (message: unknown) => onWarning(String(message));
  return {
    ...options,
    driverOptions: { ...options.driverOptions, log: { debug: () => {}, warn: tell, error: tell, deprecate: tell } },
    entities: [...entities],
    entityManager: PlainEntityManager,
    discovery: { disableDynamicFileAccess: true },
    extensions: [Migrator],
    loggerFactory: statementLogger,
    migrations: {
      path: engine.migrationsFolder,
      migrationsList: [...engine.migrations] as never,
      tableName: migrationTable,
      // All pending ones in one transaction: a start that is killed half-way leaves the database as it was.
      allOrNothing: true,
      disableForeignKeys: false,
      snapshot: false,
      silent: true,
    },
  };
}

/** A database that can't be opened or used; the message says why, in a line. */
export class DatabaseUnusableError extends Error {
  override readonly name = "DatabaseUnusableError";

  constructor(
    message: string,
    readonly code = "",
    cause?: unknown,
  ) {
    super(message, { cause });
  }
}

/**
 * A database with its engine, opened and not migrated.
 *
 * @param connect whether a connection is made at once; otherwise the first who needs one makes it.
 */
export async function connectDatabase(
  url: string,
  entities: readonly EntityClass<object>[],
  use = defaultDatabaseUse,
  connect = true,
): Promise<Database> {
  const warnings: Database["warnings"] = { tell: () => {} };
  const options = { ...databaseOptions(url, entities, use, (message) => warnings.tell(message)), connect };
  return Object.assign(await MikroORM.init(options), { engine: engineOf(url), url, use, warnings });
}

/** What to say of an error that a database's work ended in: why it can't be used, where it tells of that. */
export function explainUnusable(url: string, error: unknown): unknown {
  if (!(error instanceof Error)) return error;
  const { code }: DriverError = error;
  const why = engineOf(url).whyUnusable(url, error);
  return why === undefined ? error : new DatabaseUnusableError(why, code, error);
}

/**
 * Opens the database and brings its tables up to date. Several processes may do so at once.
 *
 * @param added an application's own migrations, which run after ours.
 * @throws DatabaseUnusableError
 */
export async function openDatabase(
  url: string,
  entities: readonly EntityClass<object>[],
  use?: DatabaseUse,
  added: readonly AddedMigration[] = [],
): Promise<Database> {
  let database: Database | undefined;
  /** Refuses a database that a newer version has migrated: this one doesn't know what its tables hold. */
  const refuseNewer = async (em: SqlEntityManager) => {
    const known = new Set(engineOf(url).migrations.map(({ name }) => name));
    const rows = await em.execute<{ name: string }[]>(`select name from ${migrationTable}`);
    const unknown = rows.map(({ name }) => name).filter((name) => !known.has(name));
    refuseUnknown(unknown, "Postern");
  };
  const migrateAdded = async (em: SqlEntityManager) => {
    if (added.length > 0) refuseUnknown(await runAddedMigrations(em, engineOf(url), added), "the application");
  };
  try {
    engineOf(url).makeFile(url);
    database = await connectDatabase(url, entities, use);
    const { engine } = database;
    await refuseReadOnly(database);
    // The migrator creates its table outside its transaction, and two processes that start together would both try.
    await exclusively(database, (em) => em.execute(engine.migrationTable(migrationTable)));
    await migrateInCurrentSchema(database);
    const migrator = database.getMigrator();
    if (engine.migrationLock.length === 0) {
      await exclusively(database, refuseNewer);
      // In a transaction of its own: inside another one, it would wait for the only connection.
      await migrator.up();
      await exclusively(database, migrateAdded);
    } else
      await exclusively(database, async (em) => {
        await refuseNewer(em);
        await migrator.up({ transaction: em.getTransactionContext()! });
        await migrateAdded(em);
      });
    return database;
  } catch (error) {
    await database?.close(true);
    throw explainUnusable(url, error);
  }
}

/** Has the migrator look for its table in the schema that the tables are in; it would take "public" for granted. */
async function migrateInCurrentSchema({ config, em, engine }: Database): Promise<void> {
  if (engine.currentSchema === undefined) return;
  const [row] = await em.getConnection().execute<{ name: string }[]>(engine.currentSchema.in(engine.dialect).text);
  config.set("migrations", { ...config.get("migrations"), tableName: `${row!.name}.${migrationTable}` });
}

/** Says that a database takes no writes, in the words of `/readyz`, the doctor and the start. */
export const readOnlyMessage = (why: string): string => `The database can't be written: ${why}`;

/** Refuses a database that takes no writes. SQLite opens such a file without a word. */
async function refuseReadOnly({ engine, em, url }: Database): Promise<void> {
  const why = await engine.whyReadOnly(url, {
    all: (statement) => em.getConnection().execute(statement.in(engine.dialect).text),
  });
  if (why !== undefined) throw new DatabaseUnusableError(`${readOnlyMessage(why)} (${withoutPassword(url)})`);
}

/** Refuses a database with migrations that are not known here. */
export function refuseUnknown(migrations: readonly string[], whose: string): void {
  if (migrations.length === 0) return;
  throw new DatabaseUnusableError(
    `The database was migrated by a newer version of ${whose} (${migrations.join(", ")}): start that version, or restore a backup`,
  );
}

/** Does `work` in a transaction while no other process does the same. */
async function exclusively(database: Database, work: (em: SqlEntityManager) => Promise<unknown>): Promise<void> {
  const em = database.em.fork();
  await em.begin();
  try {
    for (const statement of database.engine.migrationLock) await em.execute(statement);
    await work(em);
    await em.commit();
  } catch (error) {
    // A connection that is gone has nothing to roll back.
    await em.rollback().catch(() => {});
    throw error;
  }
}

/** Whether the database could not be reached or stayed locked, so that another try may succeed. */
export function isDatabaseAway(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  return engines.some((engine) => engine.isAway(error)) || /\bacquiring a connection\b/.test(error.message);
}

/** What kind of trouble a database had; undefined for an error that is no database's. */
export function classifyDatabaseError(error: unknown): "away" | "timeout" | "conflict" | "other" | undefined {
  if (isDatabaseAway(error)) return "away";
  if (!(error instanceof Error)) return undefined;
  if (engines.some((engine) => engine.isTimeout(error))) return "timeout";
  if (engines.some((engine) => engine.isConflict(error))) return "conflict";
  // SQLite's codes, and those of the SQL standard.
  return /^(SQLITE_\w+|[0-9A-Z]{5})$/.test(String((error as DriverError).code)) ? "other" : undefined;
}

/** A `DATABASE_URL` as it may be shown. */
export const withoutPassword = (url: string): string =>
  url
    // Up to the last @ of the authority, as URLs are read.
    .replace(/(:\/\/[^:/?#]*):[^/?#]*@/, "$1@")
    .replace(/([?&])password=[^&]*&?/g, "$1")
    .replace(/[?&]$/, "");
