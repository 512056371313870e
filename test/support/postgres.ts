import { randomUUID } from "node:crypto";

import { Client, type QueryResult } from "pg";
import { inject, onTestFinished } from "vitest";

import { connectDatabase, openDatabase, type Database } from "../../src/database/database.js";
import { entities } from "../../src/graphql/schema.js";
import { rows } from "./rows.js";

declare module "vitest" {
  // oxlint-disable-next-line typescript/consistent-type-definitions -- adds to vitest's interface
  interface ProvidedContext {
    /** The URL of a PostgreSQL database whose user may create others. */
    readonly postgresUrl: string;
    /** The run's database system. */
    readonly database: "sqlite" | "postgresql";
  }
}

/** Registers a clean-up that runs when a database is no longer used. */
export type OnEnd = (cleanUp: () => Promise<void>) => void;

/** Creates an empty PostgreSQL database for a test, and returns its URL. It is dropped when the test is over. */
export async function newPostgresDatabase(onEnd: OnEnd = onTestFinished): Promise<string> {
  const url = await createDatabase();
  onEnd(() => dropDatabase(url));
  return url;
}

/**
 * Migrated databases of this worker that no test uses. Emptying one over a connection that stays open is faster than
 * creating one.
 */
const unused: Emptied[] = [];
/** `dead` counts the deleted rows that statements still have to read over. */
type Emptied = { readonly url: string; readonly client: Client; dead: number };

/** Returns the URL of an empty, migrated PostgreSQL database. It is emptied when the test is over. */
export async function emptyPostgresUrl(onEnd: OnEnd = onTestFinished): Promise<string> {
  const database = unused.pop() ?? (await createMigrated());
  const { url, client } = database;
  onEnd(async () => {
    try {
      // One result for each statement, which pg's types don't know.
      const results = (await client.query(emptying)) as unknown as QueryResult[];
      for (const { rowCount } of results) database.dead += rowCount ?? 0;
      // Autovacuum is off.
      if (database.dead > mostDead) {
        await client.query(`vacuum events, ${tables.join()}`);
        database.dead = 0;
      }
      unused.push(database);
    } catch {
      // The test has changed the schema.
      await dropDatabase(url);
    }
  });
  return url;
}

/** Opens an empty, migrated PostgreSQL database. */
export const openEmptyPostgres = async (onEnd?: OnEnd): Promise<Database> =>
  connectDatabase(await emptyPostgresUrl(onEnd), entities);

// Rows are deleted before the rows that they refer to. The list has all tables, so that a missing one is noticed.
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
const mostDead = 2000;
// Last, since deleting from the other tables adds events.
const emptying = ["events", ...tables]
  .map((table) => `delete from ${table}`)
  .toReversed()
  .join("; ");

/** Copies all rows of a database into an empty one unchanged: votes are not counted again. */
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
  // The server stops with the run, or the database is dropped.
  client.on("error", () => {});
  await client.connect();
  return { url, client, dead: 0 };
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
