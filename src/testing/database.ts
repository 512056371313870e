import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { connectDatabase, openDatabase, type Database } from "../database/database.js";
import type { Features } from "../graphql/schema.js";

/** The `DATABASE_URL` of a database in memory. */
export const memoryUrl = "sqlite::memory:";

/** A part of the driver that its types leave out: https://www.sqlite.org/c3ref/backup_finish.html */
type Connection = {
  backup: (file: string, to: string, from: string, fileIsTarget: boolean, begun: Callback) => Backup;
};
type Backup = { step: (pages: number, done: Callback) => void; finish: (done: Callback) => void };
type Callback = (error: Error | null) => void;

const templates: { readonly migrations: Features["migrations"]; readonly file: Promise<string> }[] = [];

/** Returns the file of a migrated database for these features. A process creates it only once. */
function templateOf(features: Features): Promise<string> {
  const { migrations } = features;
  const isSame = (other: Features["migrations"]) =>
    other.length === migrations.length && other.every((one, index) => one === migrations[index]);
  let template = templates.find((one) => isSame(one.migrations));
  if (template === undefined) templates.push((template = { migrations, file: makeTemplate(features) }));
  return template.file;
}

async function makeTemplate({ entities, migrations }: Features): Promise<string> {
  const folder = mkdtempSync(join(tmpdir(), "postern-test-template-"));
  process.once("exit", () => rmSync(folder, { recursive: true, force: true }));
  const file = join(folder, "migrated.sqlite");
  const migrated = await openDatabase(memoryUrl, entities, { migrations });
  await migrated.em.getConnection().execute("vacuum into ?", [file]);
  await migrated.close(true);
  return file;
}

/** Opens an empty, migrated database in memory. */
export const openInMemory = async (features: Features): Promise<Database> =>
  openCopyOf(await templateOf(features), features);

/** Opens a copy of a database in memory. */
export async function copyInMemory(database: Database, features: Features): Promise<Database> {
  const folder = mkdtempSync(join(tmpdir(), "postern-test-copy-"));
  try {
    const file = join(folder, "copy.sqlite");
    await database.em.getConnection().execute("vacuum into ?", [file]);
    return await openCopyOf(file, features);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

async function openCopyOf(file: string, { entities }: Features): Promise<Database> {
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
