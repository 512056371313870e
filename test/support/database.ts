import { inject } from "vitest";

import { openDatabase, type Database } from "../../src/database/database.js";
import { featuresWith } from "../../src/graphql/schema.js";
import { memoryUrl, openInMemory } from "../../src/testing/database.js";
import { newFileUrl } from "./files.js";
import { emptyPostgresUrl, newPostgresDatabase, openEmptyPostgres, type OnEnd } from "./postgres.js";

/** Opens an empty, migrated database of the run's database system. */
export async function openMigrated(onEnd?: OnEnd, features = featuresWith()): Promise<Database> {
  if (inject("database") === "sqlite") return openInMemory(features);
  const { entities, migrations } = features;
  if (migrations.length === 0) return openEmptyPostgres(onEnd);
  return openDatabase(await newPostgresDatabase(onEnd), entities, { migrations });
}

/** Returns a `DATABASE_URL` for the run's database system: a new file, or an empty, migrated PostgreSQL database. */
export const newDatabaseUrl = async (): Promise<string> =>
  inject("database") === "postgresql" ? emptyPostgresUrl() : newFileUrl();

/** Returns the places for a database of the run's database system, each with a function that makes a `DATABASE_URL`. */
export const places = () =>
  inject("database") === "postgresql"
    ? [{ place: "PostgreSQL", newUrl: newDatabaseUrl }]
    : [
        { place: "memory", newUrl: async () => memoryUrl },
        { place: "a file", newUrl: newDatabaseUrl },
      ];

/** Returns a `DATABASE_URL` of a database that no other test uses and that isn't migrated. */
export const newUnsharedUrl = async (): Promise<string> =>
  inject("database") === "postgresql" ? newPostgresDatabase() : newFileUrl();
