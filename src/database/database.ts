import "reflect-metadata";

import type { EntityClass, Options } from "@mikro-orm/core";
import type { AbstractSqlDriver } from "@mikro-orm/knex";

import { MikroORM } from "./mikro-orm.js";
import { defaultDatabaseUse, type DatabaseUse } from "../foundation/config/database-use.js";
import type { AddedMigration } from "./added-migrations.js";
import { DatabaseUnusableError, explainUnusable, readOnlyMessage, withoutPassword } from "./database-error.js";
import type { Database } from "./engine.js";
import { engineOf } from "./engines.js";
import { PlainEntityManager } from "./entity-manager.js";
import { migrate, migrationTable } from "./migrate.js";
import { statementLogger } from "./statement-tracing.js";

export type { Database } from "./engine.js";

type Entities = readonly EntityClass<object>[];

/** Returns MikroORM's options for the database of a `DATABASE_URL`, whose driver it loads. */
export async function databaseOptions(
  url: string,
  entities: Entities,
  use = defaultDatabaseUse,
  onWarning: (message: string) => void = () => {},
): Promise<Options<AbstractSqlDriver>> {
  const engine = engineOf(url);
  const options = await engine.options(url, use);
  // Knex would print to standard output, whatever that is.
  const warn = (message: unknown) => onWarning(String(message));
  return {
    ...options,
    driverOptions: { ...options.driverOptions, log: { debug: () => {}, warn, error: warn, deprecate: warn } },
    entities: [...entities],
    entityManager: PlainEntityManager,
    discovery: { disableDynamicFileAccess: true },
    loggerFactory: statementLogger,
    migrations: {
      path: engine.migrationsFolder,
      tableName: migrationTable,
      // All pending ones in one transaction: a start that is killed in between leaves the database as it was.
      allOrNothing: true,
      disableForeignKeys: false,
      snapshot: false,
      silent: true,
    },
  };
}

/** Opens a database without migrating it. */
export async function connectDatabase(
  url: string,
  entities: Entities,
  options: {
    readonly use?: DatabaseUse;
    /** Whether to open a connection at once, rather than when it is first needed. */
    readonly connect?: boolean;
  } = {},
): Promise<Database> {
  const { use = defaultDatabaseUse, connect = true } = options;
  const warnings: Database["warnings"] = { report: () => {} };
  const ormOptions = await databaseOptions(url, entities, use, (message) => warnings.report(message));
  const orm = await MikroORM.init({ ...ormOptions, connect });
  return Object.assign(orm, { engine: engineOf(url), url, use, warnings });
}

/**
 * Opens a database and brings its tables up to date. Several processes may do so at the same time.
 *
 * @param options.migrations an application's own migrations, which run after ours.
 * @throws DatabaseUnusableError
 */
export async function openDatabase(
  url: string,
  entities: Entities,
  options: { readonly use?: DatabaseUse; readonly migrations?: readonly AddedMigration[] } = {},
): Promise<Database> {
  const { use = defaultDatabaseUse, migrations = [] } = options;
  let database: Database | undefined;
  try {
    engineOf(url).makeFile(url);
    database = await connectDatabase(url, entities, { use });
    await refuseReadOnly(database);
    await migrate(database, migrations);
    return database;
  } catch (error) {
    await database?.close(true);
    throw explainUnusable(url, error);
  }
}

/** Throws an error if the database can't be written. SQLite opens such a file without an error. */
async function refuseReadOnly({ engine, em, url }: Database): Promise<void> {
  const why = await engine.whyReadOnly(url, {
    all: (statement) => em.getConnection().execute(statement.in(engine.dialect).text),
  });
  if (why !== undefined) throw new DatabaseUnusableError(`${readOnlyMessage(why)} (${withoutPassword(url)})`);
}
