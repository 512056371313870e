import type { MigrationObject } from "@mikro-orm/core";
import type { SqlEntityManager } from "@mikro-orm/knex";
import { Migrator } from "@mikro-orm/migrations";

import type { Database, Engine } from "./engine.js";
import { migrationTable } from "./migrate.js";

/** Loads the migrations of a database system. */
export const loadMigrations = ({ migrations }: Engine): Promise<MigrationObject[]> =>
  Promise.all(migrations.map(async ({ name, load }) => ({ name, class: (await load()) as MigrationObject["class"] })));

/** Returns MikroORM's migrator for the database's current schema, which `em` asks for. */
export async function migratorOf(
  { config, em: ofDatabase, engine }: Database,
  em: SqlEntityManager,
): Promise<Migrator> {
  const migrationsList = await loadMigrations(engine);
  const tableName = await tableInCurrentSchema(engine, em);
  config.set("migrations", { ...config.get("migrations"), migrationsList, tableName });
  return new Migrator(ofDatabase);
}

async function tableInCurrentSchema({ currentSchema, dialect }: Engine, em: SqlEntityManager): Promise<string> {
  if (currentSchema === undefined) return migrationTable;
  const [row] = await em.execute<{ name: string }[]>(currentSchema.in(dialect).text);
  return `${row!.name}.${migrationTable}`;
}
