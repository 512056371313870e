import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { inject } from "vitest";

import { connectDatabase, openDatabase, type Database } from "../../src/database/database.js";
import { entities, type Features } from "../../src/schema.js";
import { newFileUrl } from "./files.js";
import { emptyPostgresUrl, newPostgresDatabase, openEmptyPostgres, type WhenOver } from "./postgres.js";

/** A database in memory, as `DATABASE_URL` has it. */
export const memoryUrl = "sqlite::memory:";

/** What the driver's types leave out: https://www.sqlite.org/c3ref/backup_finish.html */
type Connection = {
  backup: (file: string, to: string, from: string, fileIsTarget: boolean, begun: Callback) => Backup;
};
type Backup = { step: (pages: number, done: Callback) => void; finish: (done: Callback) => void };
type Callback = (error: Error | null) => void;

let template: Promise<string> | undefined;

async function makeTemplate(): Promise<string> {
  const folder = mkdtempSync(join(tmpdir(), "postern-test-template-"));
  process.once("exit", () => rmSync(folder, { recursive: true, force: true }));
  const file = join(folder, "migrated.sqlite");
  const migrated = await openDatabase(memoryUrl, entities);
  await migrated.em.getConnection().execute("vacuum into ?", [file]);
  await migrated.close(true);
  return file;
}

/** A database of the kind that the run is about, as all migrations leave it, with nothing in it. */
export const openMigrated = (whenOver?: WhenOver): Promise<Database> =>
  inject("database") === "postgresql" ? openEmptyPostgres(whenOver) : openSqlite();

/** The same with the tables of added features. */
export const openWith = async ({ entities: all, migrations }: Features): Promise<Database> => {
  const url = inject("database") === "postgresql" ? await newPostgresDatabase() : memoryUrl;
  return openDatabase(url, all, undefined, migrations);
};

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

/** One in memory. The migrations run once for the files of a worker, and are copied. */
async function openSqlite(): Promise<Database> {
  template ??= makeTemplate();
  const file = await template;
  const database = await connectDatabase(memoryUrl, entities);
  const { client } = database.em.getConnection().getKnex();
  const connection = (await client.acquireConnection()) as Connection;
  await new Promise<void>((resolve, reject) => {
    const copy = connection.backup(file, "main", "main", false, (error) => error !== null && reject(error));
    copy.step(-1, (error) => (error === null ? copy.finish(() => resolve()) : reject(error)));
  });
  await client.releaseConnection(connection);
  return database;
}
