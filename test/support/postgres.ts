import { randomUUID } from "node:crypto";

import { Client } from "pg";
import { inject, onTestFinished } from "vitest";

import { connectDatabase, openDatabase, type Database } from "../../src/database/database.js";
import { entities } from "../../src/schema.js";

/** An empty PostgreSQL database of a test's own, by its URL; dropped when the test is over, whoever is connected. */
export async function newPostgresDatabase(): Promise<string> {
  const url = await createDatabase();
  onTestFinished(() => execute(`drop database ${new URL(url).pathname.slice(1)} with (force)`));
  return url;
}

/** Databases of this worker that no test uses: to empty one takes less time than to make one. */
const unused: string[] = [];

/** A migrated database with nothing in it, whose tables are emptied when the test is over. */
export async function openEmptyPostgres(): Promise<Database> {
  const known = unused.pop();
  const url = known ?? (await createDatabase());
  onTestFinished(async () => {
    await execute("delete from users; delete from attempts", url);
    unused.push(url);
  });
  return known === undefined ? openDatabase(url, entities) : connectDatabase(url, entities);
}

async function createDatabase(): Promise<string> {
  const name = `postern_test_${randomUUID().replaceAll("-", "")}`;
  await execute(`create database ${name} strategy file_copy`);
  const url = new URL(inject("postgresUrl"));
  url.pathname = `/${name}`;
  return url.href;
}

async function execute(statement: string, url = inject("postgresUrl")): Promise<void> {
  const client = new Client(url);
  await client.connect();
  try {
    await client.query(statement);
  } finally {
    await client.end();
  }
}
