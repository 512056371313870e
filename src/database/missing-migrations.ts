import { migrationTable } from "./migrate.js";
import type { Database } from "./engine.js";
import type { Reader } from "./reader.js";
import { Sql, sql } from "./sql.js";
import type { Signal } from "../foundation/fairness/deadline.js";

/**
 * Returns the migrations of this version that the database doesn't have, because it was replaced by an older one. The
 * database may have migrations of a newer version, which may be started while this one still serves.
 */
export async function missingMigrations(
  { engine }: Database,
  reader: Reader,
  reading: { readonly clientKey: string; readonly signal: Signal },
): Promise<string[]> {
  const rows = await reader.all<{ name: string }>(sql`select name from ${new Sql(migrationTable)}`, {
    cost: "indexed",
    ...reading,
  });
  const applied = new Set(rows.map(({ name }) => name));
  return engine.migrations.map(({ name }) => name).filter((name) => !applied.has(name));
}
