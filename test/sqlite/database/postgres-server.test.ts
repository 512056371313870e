import { Client } from "pg";
import { expect, onTestFinished, test } from "vitest";

import { newPostgresDatabase } from "../../support/postgres.js";

async function connect(url: string): Promise<Client> {
  const client = new Client(url);
  // A database that is dropped ends its connections.
  client.on("error", () => {});
  await client.connect();
  onTestFinished(() => client.end());
  return client;
}

test("the PostgreSQL of the tests is a supported version, and each test gets an empty database", async () => {
  const [one, other] = await Promise.all([newPostgresDatabase(), newPostgresDatabase()]);
  const client = await connect(one);

  const { rows } = await client.query("select version(), current_setting('server_version_num')::int as number");
  expect(rows[0].version).toMatch(/^PostgreSQL /);
  expect(rows[0].number).toBeGreaterThanOrEqual(150_000);

  await client.query("create table things (id text)");
  expect((await (await connect(other)).query("select to_regclass('things') as things")).rows).toEqual([
    { things: null },
  ]);
});

test("its log is read: with a full pipe, it would no longer answer errors", async () => {
  const client = await connect(await newPostgresDatabase());
  const column = "x".repeat(60);
  for (let times = 0; times < 2000; times += 1)
    await expect(client.query(`select ${column} from nowhere`)).rejects.toThrow('"nowhere" does not exist');
});
