import { addedMigrationTable, type AddedMigration } from "./added-migrations.js";
import { migrationTable } from "./database.js";
import type { Engine } from "./engine.js";
import type { OperationReader } from "./reader.js";
import { Sql, sql } from "./sql.js";

/** How the migrations of a database compare with those that are known here. */
export type MigrationState = {
  /** Those that have yet to run, in their order: first our own, then an application's. */
  readonly pending: readonly PendingMigration[];
  /** Those that have run and nobody knows here: a newer version of Postern, or of an application, has run them. */
  readonly unknown: readonly string[];
  readonly unknownAdded: readonly string[];
};

export type PendingMigration = { readonly name: string; readonly of: "postern" | "application" };

/** All that are known here, in the order in which they run. */
export const knownMigrations = (
  { migrations }: Engine,
  added: readonly AddedMigration[],
): readonly PendingMigration[] => [
  ...migrations.map(({ name }) => ({ name, of: "postern" as const })),
  ...added.map(({ name }) => ({ name, of: "application" as const })),
];

/** Compares them, and changes nothing; a database without tables has run none. */
export async function migrationState(
  engine: Engine,
  reader: OperationReader,
  added: readonly AddedMigration[],
): Promise<MigrationState> {
  const names = async (statement: Sql) =>
    new Set((await reader.all<{ name: string }>(statement)).map(({ name }) => name));
  const there = await names(engine.tables);
  const runIn = async (table: string) =>
    there.has(table) ? names(sql`select name from ${new Sql(table)}`) : new Set<string>();
  const run = { postern: await runIn(migrationTable), application: await runIn(addedMigrationTable) };
  const known = knownMigrations(engine, added);
  const unknownOf = (whose: keyof typeof run) =>
    [...run[whose]].filter((name) => !known.some((one) => one.of === whose && one.name === name));
  return {
    pending: known.filter(({ name, of }) => !run[of].has(name)),
    unknown: unknownOf("postern"),
    unknownAdded: unknownOf("application"),
  };
}
