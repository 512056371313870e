import { migrationTable } from "./database.js";
import type { Database } from "./engine.js";
import type { Reader } from "./reader.js";
import { Sql, sql } from "./sql.js";
import type { Signal } from "../foundation/fairness/deadline.js";

/**
 * The migrations of this version that the database doesn't have: another, older one was put in its place. Those of a newer
 * version are none of them, which is started while this one still serves.
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
