import type { SqlEntityManager } from "@mikro-orm/knex";

import { runAddedMigrations, type AddedMigration } from "./added-migrations.js";
import { DatabaseUnusableError } from "./database-error.js";
import type { Database } from "./engine.js";

/** The table that records the migrations that have run. */
export const migrationTable = "migrations";

/**
 * Brings the tables of a database up to date. Several processes may do so at the same time.
 *
 * @param added an application's own migrations, which run after ours.
 * @throws DatabaseUnusableError if a newer version has migrated the database.
 */
export async function migrate(database: Database, added: readonly AddedMigration[]): Promise<void> {
  const { engine } = database;
  // The migrator creates its table outside its transaction, and fails if two processes start together.
  await withMigrationLock(database, (em) => em.execute(engine.migrationTable(migrationTable)));
  await useCurrentSchema(database);
  const migrator = database.getMigrator();
  const migrateAdded = async (em: SqlEntityManager) => {
    if (added.length > 0) refuseUnknown(await runAddedMigrations(em, engine, added), "the application");
  };
  if (engine.migrationLock.length === 0) {
    await withMigrationLock(database, (em) => refuseNewer(em, database));
    // In its own transaction: within another one, it would wait for the only connection.
    await migrator.up();
    await withMigrationLock(database, migrateAdded);
  } else
    await withMigrationLock(database, async (em) => {
      await refuseNewer(em, database);
      await migrator.up({ transaction: em.getTransactionContext()! });
      await migrateAdded(em);
    });
}

/** Throws an error if the database has migrations that are not known here. */
export function refuseUnknown(migrations: readonly string[], whose: string): void {
  if (migrations.length === 0) return;
  throw new DatabaseUnusableError(
    `The database was migrated by a newer version of ${whose} (${migrations.join(", ")}): start that version, or restore a backup`,
  );
}

/** Throws an error if a newer version has migrated the database: this version doesn't know its tables. */
async function refuseNewer(em: SqlEntityManager, { engine }: Database): Promise<void> {
  const known = new Set(engine.migrations.map(({ name }) => name));
  const rows = await em.execute<{ name: string }[]>(`select name from ${migrationTable}`);
  const unknown = rows.map(({ name }) => name).filter((name) => !known.has(name));
  refuseUnknown(unknown, "Postern");
}

/** Makes the migrator look for its table in the schema of the other tables; its default is "public". */
async function useCurrentSchema({ config, em, engine }: Database): Promise<void> {
  if (engine.currentSchema === undefined) return;
  const [row] = await em.getConnection().execute<{ name: string }[]>(engine.currentSchema.in(engine.dialect).text);
  config.set("migrations", { ...config.get("migrations"), tableName: `${row!.name}.${migrationTable}` });
}

/** Runs `work` in a transaction while no other process migrates. */
async function withMigrationLock(database: Database, work: (em: SqlEntityManager) => Promise<unknown>): Promise<void> {
  const em = database.em.fork();
  await em.begin();
  try {
    for (const statement of database.engine.migrationLock) await em.execute(statement);
    await work(em);
    await em.commit();
  } catch (error) {
    // A lost connection has nothing to roll back.
    await em.rollback().catch(() => {});
    throw error;
  }
}
