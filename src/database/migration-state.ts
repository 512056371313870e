import { addedMigrationTable, type AddedMigration } from "./added-migrations.js";
import { migrationTable } from "./migrate.js";
import type { Engine } from "./engine.js";
import type { OperationReader } from "./operation-reader.js";
import { Sql, sql } from "./sql.js";

/** The differences between the migrations of a database and those that are known here. */
export type MigrationState = {
  /** The migrations that have yet to run, in order: first our own, then the application's. */
  readonly pending: readonly PendingMigration[];
  /** The migrations that have run and are not known here: a newer version of Postern has run them. */
  readonly unknown: readonly string[];
  /** The same, of the application. */
  readonly unknownAdded: readonly string[];
};

export type PendingMigration = { readonly name: string; readonly of: "postern" | "application" };

/** Returns all migrations that are known here, in the order in which they run. */
export const knownMigrations = (
  { migrations }: Engine,
  added: readonly AddedMigration[],
): readonly PendingMigration[] => [
  ...migrations.map(({ name }) => ({ name, of: "postern" as const })),
  ...added.map(({ name }) => ({ name, of: "application" as const })),
];

/** Compares the migrations, and changes nothing. A database without tables has run none. */
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
