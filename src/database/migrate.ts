import type { SqlEntityManager } from "@mikro-orm/knex";

import { runAddedMigrations, type AddedMigration } from "./added-migrations.js";
import { DatabaseUnusableError } from "./database-error.js";
import type { Database } from "./engine.js";
import type { migratorOf } from "./migrator.js";

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
  const migrateAdded = async (em: SqlEntityManager) => {
    if (added.length > 0) refuseUnknown(await runAddedMigrations(em, engine, added), "the application");
  };
  if (engine.migrationLock.length === 0) {
    const isPending = await withMigrationLock(database, (em) => hasPending(em, database));
    // In its own transaction: within another one, it would wait for the only connection.
    if (isPending) await (await loadMigrator(database, database.em)).up();
    await withMigrationLock(database, migrateAdded);
  } else
    await withMigrationLock(database, async (em) => {
      if (await hasPending(em, database))
        await (await loadMigrator(database, em)).up({ transaction: em.getTransactionContext()! });
      await migrateAdded(em);
    });
}

/** Loads the migrator and the hundred modules below it, which most starts don't need. */
async function loadMigrator(...of: Parameters<typeof migratorOf>): ReturnType<typeof migratorOf> {
  const migrator = await import("./migrator.js");
  return migrator.migratorOf(...of);
}

export function refuseUnknown(migrations: readonly string[], whose: string): void {
  if (migrations.length === 0) return;
  throw new DatabaseUnusableError(
    `The database was migrated by a newer version of ${whose} (${migrations.join(", ")}): start that version, or restore a backup`,
  );
}

/**
 * Reports whether a migration has not run yet. "No" stays true whatever other processes do, since migrations that have run
 * stay recorded.
 *
 * @throws DatabaseUnusableError if a newer version has migrated the database.
 */
async function hasPending(em: SqlEntityManager, { engine }: Database): Promise<boolean> {
  const rows = await em.execute<{ name: string }[]>(`select name from ${migrationTable}`);
  const run = new Set(rows.map(({ name }) => name));
  const known = engine.migrations.map(({ name }) => name);
  refuseUnknown(
    [...run].filter((name) => !known.includes(name)),
    "Postern",
  );
  return known.some((name) => !run.has(name));
}

async function withMigrationLock<Result>(
  database: Database,
  work: (em: SqlEntityManager) => Promise<Result>,
): Promise<Result> {
  const em = database.em.fork();
  await em.begin();
  try {
    for (const statement of database.engine.migrationLock) await em.execute(statement);
    const result = await work(em);
    await em.commit();
    return result;
  } catch (error) {
    // A lost connection has nothing to roll back.
    await em.rollback().catch(() => {});
    throw error;
  }
}
