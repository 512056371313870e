import { inject } from "vitest";

import { openDatabase, type Database } from "../../src/database/database.js";
import { featuresWith } from "../../src/graphql/schema.js";
import { memoryUrl, openInMemory } from "../../src/testing/database.js";
import { newFileUrl } from "./files.js";
import { emptyPostgresUrl, newPostgresDatabase, openEmptyPostgres, type WhenOver } from "./postgres.js";

/** A database of the kind that the run is about, as all migrations leave it, with nothing in it. */
export async function openMigrated(onResponseEnd?: WhenOver, features = featuresWith()): Promise<Database> {
  if (inject("database") === "sqlite") return openInMemory(features);
  const { entities, migrations } = features;
  if (migrations.length === 0) return openEmptyPostgres(onResponseEnd);
  return openDatabase(await newPostgresDatabase(onResponseEnd), entities, { migrations });
}

/** The `DATABASE_URL` of a database of the kind that the run is about: a new file, or one that is migrated and empty. */
export const newDatabaseUrl = async (): Promise<string> =>
  inject("database") === "postgresql" ? emptyPostgresUrl() : newFileUrl();

/** Where a database of the kind that the run is about can be, and what gives the `DATABASE_URL` of a new one there. */
export const places = () =>
  inject("database") === "postgresql"
    ? [{ place: "PostgreSQL", newUrl: newDatabaseUrl }]
    : [
        { place: "memory", newUrl: async () => memoryUrl },
        { place: "a file", newUrl: newDatabaseUrl },
      ];

/** The same of a database that no other test is given, and that nothing has migrated. */
export const newUnsharedUrl = async (): Promise<string> =>
  inject("database") === "postgresql" ? newPostgresDatabase() : newFileUrl();
