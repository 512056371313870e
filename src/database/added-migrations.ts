import type { SqlEntityManager } from "@mikro-orm/knex";

import type { Engine } from "./engine.js";

/**
 * A change to the tables by an application's own feature, with statements for each database system that it supports. A
 * migration that was released is never edited.
 */
export type AddedMigration = {
  /** A unique name, by which the migration is recorded. */
  readonly name: string;
  readonly sqlite?: readonly string[];
  readonly postgresql?: readonly string[];
};

/** The table that records the added migrations that have run. */
export const addedMigrationTable = "added_migrations";

/**
 * Runs the migrations that haven't run on the database yet, in order, within the caller's transaction.
 *
 * @returns the names of recorded migrations that are not known here: a newer version has run them.
 */
export async function runAddedMigrations(
  em: SqlEntityManager,
  { dialect, migrationTable }: Engine,
  migrations: readonly AddedMigration[],
): Promise<string[]> {
  await em.execute(migrationTable(addedMigrationTable));
  const rows = await em.execute<{ name: string }[]>(`select name from ${addedMigrationTable}`);
  const applied = new Set(rows.map(({ name }) => name));
  const unknown = new Set(applied);
  for (const migration of migrations) unknown.delete(migration.name);
  if (unknown.size > 0) return [...unknown];

  for (const migration of migrations) {
    const { name, [dialect.name]: statements } = migration;
    if (applied.has(name)) continue;
    applied.add(name);
    if (statements === undefined) throw new Error(`The migration ${name} has no statements for ${dialect.name}`);
    for (const statement of statements)
      await em.execute(statement).catch((cause: unknown) => {
        throw new Error(`The migration ${name} failed: ${(cause as Error).message}`, { cause });
      });
    await em.execute(`insert into ${addedMigrationTable} (name) values (?)`, [name]);
  }
  return [];
}
