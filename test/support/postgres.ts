import { randomUUID } from "node:crypto";

import { Client } from "pg";
import { inject, onTestFinished } from "vitest";

import { connectDatabase, openDatabase, type Database } from "../../src/database/database.js";
import { entities } from "../../src/graphql/schema.js";
import { rows } from "./rows.js";

declare module "vitest" {
  // oxlint-disable-next-line typescript/consistent-type-definitions -- vitest's own, which this adds to
  interface ProvidedContext {
    /** A database of a PostgreSQL server whose user may create others. */
    readonly postgresUrl: string;
    /** Which kind of database a test is given. */
    readonly database: "sqlite" | "postgresql";
  }
}

/** What takes a clean-up, to do it once a database is used no more. */
export type WhenOver = (cleanUp: () => Promise<void>) => void;

/** An empty PostgreSQL database of a test's own, by its URL; dropped when the test is over, whoever is connected. */
export async function newPostgresDatabase(onResponseEnd: WhenOver = onTestFinished): Promise<string> {
  const url = await createDatabase();
  onResponseEnd(() => dropDatabase(url));
  return url;
}

/**
 * Migrated databases of this worker that no test uses: to empty one takes less time than to make one, and so does a
 * connection that stays open for that.
 */
const unused: Emptied[] = [];
type Emptied = { readonly url: string; readonly client: Client };

/** A migrated PostgreSQL database with nothing in it, by its URL, which is emptied when the test is over. */
export async function emptyPostgresUrl(onResponseEnd: WhenOver = onTestFinished): Promise<string> {
  const database = unused.pop() ?? (await createMigrated());
  const { url, client } = database;
  onResponseEnd(async () => {
    try {
      await client.query(emptying);
      unused.push(database);
    } catch {
      // The test has changed the tables.
      await dropDatabase(url);
    }
  });
  return url;
}

/** The same, open. */
export const openEmptyPostgres = async (onResponseEnd?: WhenOver): Promise<Database> =>
  connectDatabase(await emptyPostgresUrl(onResponseEnd), entities);

// Rows that others refer to come after those. All tables are named, so that one that is missed shows.
const tables = [
  "users",
  "sessions",
  "refresh_tokens",
  "attempts",
  "posts",
  "post_creations",
  "post_search",
  "votes",
  "scheduled_posts",
];
// What emptying the others adds to the event log goes last.
const emptying = ["events", ...tables]
  .map((table) => `delete from ${table}`)
  .toReversed()
  .join("; ");

/** Copies all rows of a database into an empty one, as they are: votes are not counted again. */
export async function copyRows(from: Database, to: Database): Promise<void> {
  await rows(to, "alter table votes disable trigger user");
  for (const table of tables) {
    const [all] = await rows(from, `select coalesce(json_agg(t), '[]')::text as json from ${table} t`);
    await rows(to, `insert into ${table} select * from json_populate_recordset(null::${table}, ?)`, [all!["json"]]);
  }
  await rows(to, "alter table votes enable trigger user");
}

async function createDatabase(): Promise<string> {
  const name = `postern_test_${randomUUID().replaceAll("-", "")}`;
  await execute(`create database ${name} strategy file_copy`);
  const url = new URL(inject("postgresUrl"));
  url.pathname = `/${name}`;
  return url.href;
}

async function createMigrated(): Promise<Emptied> {
  const url = await createDatabase();
  await (await openDatabase(url, entities)).close(true);
  const client = new Client(url);
  // The server stops with the run, and the database may be dropped.
  client.on("error", () => {});
  await client.connect();
  return { url, client };
}

const dropDatabase = (url: string): Promise<void> =>
  execute(`drop database ${new URL(url).pathname.slice(1)} with (force)`);

async function execute(statement: string, url = inject("postgresUrl")): Promise<void> {
  const client = new Client(url);
  await client.connect();
  try {
    await client.query(statement);
  } finally {
    await client.end();
  }
}
