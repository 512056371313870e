import type { SqlEntityManager } from "@mikro-orm/knex";

import type { Engine } from "./engine.js";

/**
 * A change to the tables by an application's own feature: statements for each database that it may run on. One that is
 * released is never edited.
 */
export type AddedMigration = {
  /** It is recorded by its name, which has to be unique. */
  readonly name: string;
  readonly sqlite?: readonly string[];
  readonly postgresql?: readonly string[];
};

/** Where those that have run are recorded, apart from the server's own. */
export const addedMigrationTable = "added_migrations";

/**
 * Runs, within the caller's transaction, the migrations that haven't run on its database yet, in their order.
 *
 * @returns the names of those that are recorded and not known here: a newer version has run them.
 */
export async function runAddedMigrations(
  em: SqlEntityManager,
  { dialect, migrationTable }: Engine,
  migrations: readonly AddedMigration[],
): Promise<string[]> {
  await em.execute(migrationTable(addedMigrationTable));
  const rows = await em.execute<{ name: string }[]>(`select name from ${addedMigrationTable}`);
  const run = new Set(rows.map(({ name }) => name));
  const unknown = new Set(run);
  for (const migration of migrations) unknown.delete(migration.name);
  if (unknown.size > 0) return [...unknown];

  for (const migration of migrations) {
    const { name, [dialect.name]: statements } = migration;
    if (run.has(name)) continue;
    run.add(name);
    if (statements === undefined) throw new Error(`The migration ${name} has no statements for ${dialect.name}`);
    for (const statement of statements)
      await em.execute(statement).catch((cause: unknown) => {
        throw new Error(`The migration ${name} failed: ${(cause as Error).message}`, { cause });
      });
    await em.execute(`insert into ${addedMigrationTable} (name) values (?)`, [name]);
  }
  return [];
}
