import { tmpdir } from "node:os";
import { join } from "node:path";

import { expect, onTestFinished, test } from "vitest";

import { isDatabaseAway } from "../../../src/database/database-error.js";
import { openDatabase, type Database } from "../../../src/database/database.js";
import { sqliteMigrations } from "../../../src/database/migrations/sqlite/index.js";
import { entities } from "../../../src/graphql/schema.js";
import { inTransaction } from "../../support/reads.js";
import { User } from "../../../src/features/user/user.entity.js";
import { startApi } from "../../support/api.js";
import { newFolder } from "../../support/files.js";
import { createPost, votePost } from "../../support/posts.js";

// In a folder that isn't there either.
const newFile = () => join(newFolder(), "deep", "posts.sqlite");

async function open(path: string): Promise<Database> {
  const database = await openDatabase(`sqlite:${path}`, entities);
  onTestFinished(() => database.close(true));
  return database;
}

const run = (database: Database, sql: string) => database.em.fork().getConnection().execute(sql);

test("the migrations make the tables of the entities (if not: npm run migration:create)", async () => {
  const database = await open(":memory:");
  expect(await database.getSchemaGenerator().getUpdateSchemaSQL({ wrap: false })).toBe("");
});

test("syncs commits to the disk, and enforces foreign keys", async () => {
  const database = await open(newFile());

  expect(await run(database, "pragma journal_mode")).toEqual([{ journal_mode: "wal" }]);
  expect(await run(database, "pragma synchronous")).toEqual([{ synchronous: 2 }]);
  expect(await run(database, "pragma foreign_keys")).toEqual([{ foreign_keys: 1 }]);
  expect(await run(database, "pragma busy_timeout")).toEqual([{ timeout: 10 }]);
  await expect(
    run(database, "insert into sessions values ('session_1', 'user_nobody', 0, 0, 0, null, null)"),
  ).rejects.toThrow("FOREIGN KEY");
});

test("migrates once if several processes start at the same time", async () => {
  // Several times, because what can go wrong is a matter of microseconds.
  for (let round = 0; round < 20; round += 1) {
    const path = newFile();
    const databases = await Promise.all([open(path), open(path), open(path)]);
    for (const database of databases)
      expect(await run(database, "select count(*) as migrations from migrations")).toEqual([
        { migrations: sqliteMigrations.length },
      ]);
    await Promise.all(databases.map((database) => database.close(true)));
  }
});

test("leaves a database that is up to date as it is", async () => {
  const path = newFile();
  const first = await open(path);
  await run(first, "insert into users values ('user_1', 'Ada', 'a@b', 'a@b', 'hash', 0, null)");
  await first.close();

  const second = await open(path);

  expect(await second.em.fork().find(User, {})).toEqual([expect.objectContaining({ id: "user_1", name: "Ada" })]);
});

test("lets two processes read and write without making each other fail", async () => {
  const path = newFile();
  const [one, two] = [await open(path), await open(path)];
  await run(one, "insert into users values ('user_1', '0', 'a@b', 'a@b', 'hash', 0, null)");

  // Each reads, then writes what it read plus one: a lost or failed one would show in the sum.
  const increment = (database: Database) =>
    inTransaction(database, async (em) => {
      const user = await em.findOneOrFail(User, "user_1");
      user.name = String(Number(user.name) + 1);
    });
  await Promise.all(Array.from({ length: 40 }, (_, index) => increment(index % 2 === 0 ? one : two)));

  expect(await run(two, "select name from users")).toEqual([{ name: "40" }]);
});

test("rolls back a transaction that fails", async () => {
  const database = await open(newFile());

  const failing = inTransaction(database, async (em) => {
    await em
      .getConnection()
      .execute(
        "insert into users values ('user_1', 'A', 'a', 'a', 'h', 0, null)",
        [],
        "run",
        em.getTransactionContext(),
      );
    throw new Error("after the insert");
  });

  await expect(failing).rejects.toThrow("after the insert");
  expect(await run(database, "select * from users")).toEqual([]);
});

test("distinguishes a database that is away from an internal error", async () => {
  await expect(openDatabase(`sqlite:${tmpdir()}`, entities)).rejects.toSatisfy(isDatabaseAway);
  const database = await open(":memory:");
  await expect(run(database, "select * from nothing")).rejects.not.toSatisfy(isDatabaseAway);
});

test("refuses a database that a newer version has migrated, and doesn't change it", async () => {
  const path = newFile();
  const first = await open(path);
  await run(first, "insert into migrations (name) values ('Migration29991231235959')");
  await first.close();

  await expect(open(path)).rejects.toThrow(/newer version of Postern \(Migration29991231235959\)/);
});

test("finds no changes in entities that were only read, including dates", async () => {
  const api = await startApi();
  const ada = await api.register();
  await votePost(ada, await createPost(ada));
  await api.send(
    'mutation { login(input: { email: "nobody@example.com", password: "a wrong password" }) { accessToken } }',
  );
  const em = api.server.database.em.fork();
  for (const entity of entities) {
    const read = await em.find<object>(entity, {});
    expect({ entity: entity.name, read: read.length > 0 }).toEqual({ entity: entity.name, read: true });
  }
  const work = em.getUnitOfWork();
  work.computeChangeSets();
  expect(work.getChangeSets()).toEqual([]);
});
