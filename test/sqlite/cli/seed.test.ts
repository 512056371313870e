import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { pathToFileURL } from "node:url";

import { decodeTime, isValid } from "ulid";
import { expect, onTestFinished, test } from "vitest";

import { demonstration } from "../../../src/cli/seed/demonstration.js";
import { fill, postsAtOnce } from "../../../src/cli/seed/fill.js";
import { bulkSqlite } from "../../../src/cli/bulk/sqlite.js";
import { openDatabase, type Database } from "../../../src/database/database.js";
import { inTransaction } from "../../support/reads.js";
import { entities } from "../../../src/graphql/schema.js";
import { titleKeyOf } from "../../../src/features/post/search/title-key.js";
import { demonstrationAccount } from "../../../src/features/account/demo-account.js";
import { isGuessablePassword } from "../../../src/features/account/guessable-password.js";
import { passwordMatches } from "../../../src/features/account/password.js";
import { newFile, newFolder } from "../../support/files.js";
import { postern } from "../../support/admin.js";

const now = new Date("2026-11-22T09:00:00.417Z");

async function open(path = newFile()): Promise<Database> {
  const database = await openDatabase(`sqlite:${path}`, entities);
  onTestFinished(() => database.close(true));
  return database;
}

const rows = (database: Database, sql: string, bindings: readonly (string | number)[] = []): Promise<any[]> =>
  database.em
    .fork()
    .getConnection()
    .execute(sql, [...bindings]);

const made = (database: Database, posts = 3000, force = false) =>
  fill(database, { demonstration: demonstration(now, posts), passwordHash: "hash", force, report: () => {} });

const everything = async (database: Database) => ({
  users: await rows(database, "select * from users order by id"),
  posts: await rows(database, "select * from posts order by id"),
  votes: await rows(database, "select * from votes order by post_id, user_id"),
  keys: await rows(database, "select * from post_search_keys order by key"),
});

const schemaOf = (database: Database) =>
  rows(database, "select type, name, tbl_name, sql from sqlite_master order by type, name");

const found = async (database: Database, words: string) =>
  (
    await rows(
      database,
      "select post_id from post_search join post_search_keys on key = post_search.rowid where post_search match ? order by post_id",
      [words],
    )
  ).map(({ post_id }) => post_id as string);

const addEve = async (database: Database) => {
  await rows(
    database,
    "insert into users values ('user_eve', 'Eve', 'eve@example.com', 'eve@example.com', 'hers', 7, null)",
  );
  await rows(
    database,
    "insert into posts (id, author_id, title, title_key, content, published_at, listed_at, created_at, updated_at, version) values ('post_eve', 'user_eve', 'Hers', 'hers', 'zebras', 7, 7, 7, 7, 1)",
  );
  await rows(database, "insert into votes values ('post_eve', 'user_eve')");
};

test("makes the same rows for the same time and number, and different ones for another time", async () => {
  const [one, two, later] = [await open(), await open(), await open()];
  await made(one, 1000);
  await made(two, 1000);
  await fill(later, {
    demonstration: demonstration(new Date(now.getTime() + 1), 1000),
    passwordHash: "hash",
    force: false,
    report: () => {},
  });

  const rowsOfOne = await everything(one);
  expect(await everything(two)).toEqual(rowsOfOne);
  expect((await everything(later)).posts[0].id).not.toBe(rowsOfOne.posts[0].id);
});

test("reports the numbers of rows", async () => {
  const database = await open();
  const counts = await made(database, 240);
  const [stored] = await rows(
    database,
    `select (select count(*) from users) as users, (select count(*) from posts) as posts,
      (select count(*) from posts where published_at is null) as drafts,
      (select count(*) from posts where published_at > ?) as scheduled, (select count(*) from votes) as votes`,
    [now.getTime()],
  );
  expect(counts).toEqual(stored);
  expect(stored).toMatchObject({ users: 12, posts: 240 });
});

test("makes plausible posts: in every state, with dates in order, and the keys of their texts", async () => {
  const database = await open();
  await made(database);
  const posts = await rows(
    database,
    "select posts.*, users.created_at as joined_at from posts join users on users.id = author_id order by posts.id",
  );

  const at = now.getTime();
  for (const post of posts) {
    expect(post.title_key).toBe(titleKeyOf(post.title));
    expect(post.listed_at).toBe(post.published_at ?? post.created_at);
    expect(post.updated_at).toBeGreaterThanOrEqual(post.created_at);
    expect(post.created_at).toBeGreaterThan(post.joined_at);
    expect(Math.max(post.created_at, post.updated_at)).toBeLessThanOrEqual(at);
    expect(post.id.startsWith("post_") && isValid(post.id.slice(5))).toBe(true);
    expect(decodeTime(post.id.slice(5))).toBe(post.created_at);
  }
  const dates = posts.map((post) => post.created_at as number);
  expect(dates).toEqual(dates.toSorted((one, other) => one - other));

  const share = (count: number) => count / posts.length;
  const drafts = posts.filter((post) => post.published_at === null).length;
  const scheduled = posts.filter((post) => post.published_at > at).length;
  expect(share(drafts)).toBeCloseTo(0.07, 1);
  expect(share(scheduled)).toBeCloseTo(0.03, 1);
  expect(Math.min(drafts, scheduled)).toBeGreaterThan(0);
  for (const column of ["title_key", "created_at", "listed_at", "vote_count"])
    expect(new Set(posts.map((post) => post[column])).size).toBeLessThan(posts.length);
  const types = await rows(
    database,
    "select distinct typeof(created_at) || typeof(updated_at) || typeof(listed_at) || typeof(vote_count) as types from posts",
  );
  expect(types).toEqual([{ types: "integer".repeat(4) }]);
});

test("stores votes that match the counts, none of them for hidden posts", async () => {
  const database = await open();
  await made(database);
  const wrong = await rows(
    database,
    "select id from posts where vote_count <> (select count(*) from votes where post_id = posts.id)",
  );
  expect(wrong).toEqual([]);
  expect(
    await rows(
      database,
      "select count(*) as votes from votes join posts on posts.id = post_id where published_at is null or published_at > ?",
      [now.getTime()],
    ),
  ).toEqual([{ votes: 0 }]);
  expect((await rows(database, "select max(vote_count) as most from posts"))[0].most).toBeGreaterThan(5);
});

test("can be searched at once, and after later changes", async () => {
  const database = await open();
  await made(database);
  const posts = await rows(database, "select id, title, content from posts order by id");
  const wordsOf = ({ title, content }: { title: string; content: string }) =>
    `${title} ${content}`.split(/[^\p{L}\p{M}\p{N}]+/u);
  const about = (fits: (key: string) => boolean) =>
    posts.filter((post) => wordsOf(post).some((word) => fits(titleKeyOf(word)))).map(({ id }) => id);

  const accented = posts.flatMap(wordsOf).find((word) => /\p{M}/u.test(word.normalize("NFD")))!;
  const key = titleKeyOf(accented);
  expect(about((word) => word === key).length).toBeGreaterThan(10);
  expect(await found(database, key)).toEqual(about((word) => word === key));
  const beginning = key.slice(0, 4);
  expect(await found(database, `${beginning}*`)).toEqual(about((word) => word.startsWith(beginning)));

  await rows(database, "update posts set content = 'zebras' where id = ?", [posts[0].id]);
  await rows(database, "delete from posts where id = ?", [posts[1].id]);
  expect(await found(database, "zebras")).toEqual([posts[0].id]);
  await rows(database, "insert into post_search (post_search, rank) values ('integrity-check', 1)");
});

test("leaves the schema as the migrations made it, intact and with valid references", async () => {
  const database = await open();
  const before = await schemaOf(database);
  await made(database);

  expect(await schemaOf(database)).toEqual(before);
  expect(await database.getSchemaGenerator().getUpdateSchemaSQL({ wrap: false })).toBe("");
  expect(await rows(database, "pragma integrity_check")).toEqual([{ integrity_check: "ok" }]);
  expect(await rows(database, "pragma foreign_key_check")).toEqual([]);
  expect(await rows(database, "pragma synchronous")).toEqual([{ synchronous: 2 }]);
  const [vote] = await rows(database, "select post_id, user_id, vote_count from votes join posts on id = post_id");
  await rows(database, "delete from votes where post_id = ? and user_id = ?", [vote.post_id, vote.user_id]);
  expect(await rows(database, "select vote_count from posts where id = ?", [vote.post_id])).toEqual([
    { vote_count: vote.vote_count - 1 },
  ]);
});

test("refuses a database with data; with force it adds to the data and leaves it unchanged", async () => {
  const database = await open();
  await addEve(database);
  const before = await everything(database);
  await expect(made(database)).rejects.toThrow(
    "The database isn't empty: add --force to put the demonstration beside what is there",
  );
  expect(await everything(database)).toEqual(before);

  await made(database, 3000, true);

  const after = await everything(database);
  expect([after.users.length, after.posts.length]).toEqual([1 + 12 + 6, 1 + 3000]);
  for (const table of ["users", "posts", "votes", "keys"] as const)
    expect(after[table]).toEqual(expect.arrayContaining(before[table]));
  expect(await found(database, "zebras")).toEqual(["post_eve"]);
  expect((await found(database, "umbrella")).length).toBeGreaterThan(10);
  await rows(database, "insert into post_search (post_search, rank) values ('integrity-check', 1)");
});

test("refuses a second demonstration, and an email address that is taken", async () => {
  const database = await open();
  await made(database, 240);
  const before = await everything(database);
  for (const force of [true, false])
    await expect(made(database, 3000, force)).rejects.toThrow(
      "The demonstration is there already, or somebody's account is in its way: ada@demo.example.com is taken",
    );
  expect(await everything(database)).toEqual(before);
});

test("lets others read meanwhile, along the dropped indexes, without seeing the demonstration before it is complete", async () => {
  const path = newFile();
  const [writer, reader] = [await open(path), await open(path)];
  // Taken outside the writer's transaction, in which MikroORM would give the writer's.
  const connection = reader.em.getConnection();
  const listed = () =>
    connection.execute(
      "select id from posts indexed by posts_dated_listed_at_index where published_at is not null order by listed_at",
    );
  const matching = () => connection.execute("select rowid from post_search where post_search match 'zebras OR yaks'");
  await addEve(writer);

  await inTransaction(writer, async (em) => {
    const load = await bulkSqlite.begin(em);
    expect(await listed()).toEqual([{ id: "post_eve" }]);
    const columns = ["id", "author_id", "title", "content", "published_at", "listed_at", "created_at", "updated_at"];
    await load.insert("posts", [...columns, "version"], [["post_2", "user_eve", "T", "yaks", 8, 8, 8, 8, 1]]);
    await load.indexTexts([{ id: "post_2", title: "T", content: "yaks", version: 1 }]);
    await load.restore(() => {});
    expect(await listed()).toEqual([{ id: "post_eve" }]);
    expect(await matching()).toHaveLength(1);
  });

  expect(await listed()).toEqual([{ id: "post_eve" }, { id: "post_2" }]);
  expect(await matching()).toHaveLength(2);
});

/** The command as a process in `folder`, with no environment but this. */
function launch(folder: string, args: readonly string[], env: Record<string, string> = {}) {
  const loader = pathToFileURL(resolve("node_modules/tsx/dist/loader.mjs")).href;
  const child = spawn(process.execPath, ["--import", loader, resolve("src/main.ts"), "seed", ...args], {
    cwd: folder,
    env: { PATH: process.env["PATH"], TSX_TSCONFIG_PATH: resolve("tsconfig.json"), ...env },
    stdio: ["ignore", "pipe", "pipe"],
  });
  onTestFinished(() => void child.kill("SIGKILL"));
  const text = { out: "", err: "" };
  child.stdout.on("data", (chunk) => (text.out += chunk));
  child.stderr.on("data", (chunk) => (text.err += chunk));
  return { child, text };
}

async function run(folder: string, args: readonly string[], env: Record<string, string> = {}) {
  const { child, text } = launch(folder, args, env);
  const [code] = await once(child, "close");
  return { code: code as number, ...text };
}

test("fills the database of the settings, says how to sign in, and refuses to run twice", async () => {
  const folder = newFolder();
  writeFileSync(join(folder, ".env"), "DATABASE_URL=sqlite:./some/where/posts.sqlite\n");

  const first = await run(folder, []);
  expect(first).toMatchObject({ code: 0, err: "" });
  expect(first.out).toMatch(/^Made 12 users, 240 posts \(\d+ drafts, \d+ scheduled\) and \d+ votes in sqlite:/);
  const [, email, password] = /sign in as (\S+),.* with the password: (.*)/.exec(first.out)!;
  expect(isGuessablePassword(password!)).toBe(false);
  const database = await open(join(folder, "some/where/posts.sqlite"));
  const [user] = await rows(database, "select password_hash from users where email = ?", [email!]);
  expect(await passwordMatches(user.password_hash, password!)).toBe(true);

  const second = await postern(["seed", "--force"], { folder });
  expect(second).toEqual({
    code: 1,
    out: "",
    err: "The demonstration is there already, or somebody's account is in its way: ada@demo.example.com is taken\n",
  });
}, 180_000);

test("refuses a database that isn't empty, in one line", async () => {
  const folder = newFolder();
  const path = join(folder, "posts.sqlite");
  const database = await open(path);
  await addEve(database);
  expect(await postern(["seed"], { folder, env: { DATABASE_URL: `sqlite:${path}` } })).toEqual({
    code: 1,
    out: "",
    err: "The database isn't empty: add --force to put the demonstration beside what is there\n",
  });
});

test.each(["0", "-1", "1.5", "many", "1e3", "", "10000001"])("refuses %j posts, and creates nothing", async (posts) => {
  const folder = newFolder();
  expect(await postern(["seed", `--posts=${posts}`], { folder })).toMatchObject({
    code: 2,
    out: "",
    err: `error: option '--posts <number>' argument '${posts}' is invalid. It must be a whole number from 1 to 10,000,000.\n`,
  });
  expect(existsSync(join(folder, "data"))).toBe(false);
});

test.each([
  {
    env: { NODE_ENV: "production", JWT_SECRET: "0123456789abcdefghijklmnopqrstuvwxyz#ABC" },
    says: /^NODE_ENV is production/,
  },
  {
    env: { DATABASE_URL: "sqlite:." },
    says: /^DATABASE_URL names a file that can't be used, .: it is a folder \(SQLITE_CANTOPEN\)/,
  },
  { env: { DATABASE_URL: "posts.sqlite" }, says: /^DATABASE_URL must be sqlite: and a file's path/ },
])("ends with 1 and one line for $env", async ({ env, says }) => {
  const { code, err } = await postern(["seed"], { folder: newFolder(), env });
  expect(code).toBe(1);
  expect(err).toMatch(says);
  expect(err.trimEnd().split("\n")).toHaveLength(1);
});

test("leaves an empty database if it is killed, and works the next time", async () => {
  const folder = newFolder();
  const env = { DATABASE_URL: `sqlite:${join(folder, "posts.sqlite")}` };
  const { child, text } = launch(folder, ["--posts", "100000"], env);
  const ended = once(child, "close");
  while (!text.err.includes("20,000 of 100,000")) await Promise.race([once(child.stderr, "data"), ended]);
  child.kill("SIGKILL");
  expect(await ended).toEqual([null, "SIGKILL"]);

  const database = await open(join(folder, "posts.sqlite"));
  expect(await everything(database)).toEqual({ users: [], posts: [], votes: [], keys: [] });
  expect(await schemaOf(database)).toEqual(await schemaOf(await open()));
  expect(await rows(database, "pragma integrity_check")).toEqual([{ integrity_check: "ok" }]);
  expect(await made(database, 240)).toMatchObject({ users: 12, posts: 240 });
}, 180_000);

test("the first user of the demonstration is the one whom the explorer signs in", () => {
  const { name, email } = demonstrationAccount;
  expect(demonstration(new Date("2026-11-22"), 1).users[0]).toMatchObject({ name, email });
});

test("makes posts while it writes them, and holds few of them at a time", async () => {
  const database = await open();
  const whole = demonstration(now, 5000);
  let drawn = 0;
  function* counted() {
    for (const post of whole.posts()) {
      drawn += 1;
      yield post;
    }
  }
  let most = 0;
  await fill(database, {
    demonstration: { ...whole, posts: counted },
    passwordHash: "hash",
    force: false,
    report({ phase, done }) {
      if (phase === "posts") most = Math.max(most, drawn - done);
    },
  });
  expect(drawn).toBe(5000);
  // Those that are being written, and the next ones.
  expect(most).toBeLessThanOrEqual(2 * postsAtOnce);
  expect(postsAtOnce).toBeLessThanOrEqual(1000);
  const [{ cache_size: kibibytes }] = await rows(database, "pragma cache_size");
  expect(-kibibytes).toBeLessThanOrEqual(64 * 1024);
});
