import { createHash } from "node:crypto";
import { chmodSync, chownSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import { Client } from "pg";
import { describe, expect, inject, onTestFinished, test } from "vitest";

import { bookmarks } from "../../../examples/bookmarks/bookmark.feature.js";
import { systemClock } from "../../../src/foundation/clock.js";
import { openDatabase } from "../../../src/database/database.js";
import { featuresWith } from "../../../src/graphql/schema.js";
import { postern, type Given } from "../../support/admin.js";
import { startApi } from "../../support/api.js";
import { newUnsharedUrl } from "../../support/database.js";
import { newFileUrl, newFolder } from "../../support/files.js";
import { newPostgresDatabase } from "../../support/postgres.js";
import { createPost } from "../../support/posts.js";
import { rows } from "../../support/rows.js";

const isPostgres = inject("database") === "postgresql";
const secret = "of the doctor: 0123456789abcdefghijkl";
const withBookmarks = featuresWith(bookmarks);
const bookmarksMigration = bookmarks.migrations[0]!.name;

/** Returns the doctor's checks, by name. */
async function doctor(env: Record<string, string>, given: Given = {}) {
  const { code, json } = await postern(["doctor", "--json"], { folder: newFolder(), env, ...given });
  expect(json.ok).toBe(code === 0);
  const checks: { name: string; state: string; message: string; advice?: string }[] = json.checks;
  expect(checks.map(({ name }) => name)).toEqual([
    "settings",
    "keys",
    "database",
    "migrations",
    "history",
    "clock",
    "disk",
  ]);
  // Each that isn't well comes with what to do.
  for (const { state, advice } of checks) expect(advice === undefined).toBe(["ok", "not checked"].includes(state));
  return { code, ...Object.fromEntries(checks.map(({ name, state, message }) => [name, { state, message }])) };
}

const said = (state: string, message: string | RegExp) => ({
  state,
  message: typeof message === "string" ? message : expect.stringMatching(message),
});

describe("the doctor", () => {
  test("finds no problem on a healthy machine, and changes nothing", async () => {
    const url = await newUnsharedUrl();
    const api = await startApi({ DATABASE_URL: url });
    await api.register("Ada");
    const digest = () =>
      isPostgres ||
      createHash("sha256")
        .update(readFileSync(url.slice(7)))
        .digest("hex");
    const before = digest();
    expect(await doctor({ DATABASE_URL: url, JWT_SECRET: secret })).toEqual({
      code: 0,
      settings: said("ok", "all can be used, for this machine (NODE_ENV isn't production)"),
      keys: said("ok", /^HS256 key [0-9a-f]{16} signs$/),
      database: said("ok", / can be read and written$/),
      migrations: said("ok", "all have run"),
      history: said("not checked", "no server has started on this database from here"),
      clock: said("ok", isPostgres ? /Z, as the database's$/ : /Z$/),
      disk: isPostgres ? said("not checked", /^no file /) : said("ok", /^[\d,]+ MiB are free in \//),
    });
    expect(digest()).toBe(before);
  });

  test("prints a line for each check, with advice below it", async () => {
    const { out, code } = await postern(["doctor"], { folder: newFolder(), env: { PORT: "x", METRICS: "y" } });
    expect(code).toBe(1);
    const lines = out.split("\n");
    expect(lines[0]).toMatch(/^settings {4}problem {5}(PORT|METRICS) must be/);
    expect(lines[1]).toMatch(/^ {24}(PORT|METRICS) must/);
    expect(lines[2]).toMatch(/^ {24}→ Set what each line names/);
    expect(lines[3]).toBe("keys        not checked the settings can't be used");
  });

  test("lists what is missing on a new machine, and creates nothing", async () => {
    const folder = newFolder();
    expect(await doctor({}, { folder })).toMatchObject({
      code: 0,
      keys: said("ok", "none yet: the first start makes one, in data/jwt-secret"),
      database: said("warning", "there is no ./data/postern.sqlite yet"),
      migrations: said("not checked", "there are no tables yet"),
      disk: said("ok", / in \.$/),
    });
    expect(readdirSync(folder)).toEqual([]);
    expect(await doctor({ DATABASE_URL: "sqlite::memory:" })).toMatchObject({
      code: 0,
      database: said("warning", "in memory: all is lost when the server ends"),
    });
  });

  test("reports problems of settings and keys", async () => {
    expect(await doctor({ NODE_ENV: "production", DATABASE_URL: "posts" })).toMatchObject({
      code: 1,
      settings: said("problem", /JWT_SECRET must be set in production[^]*DATABASE_URL must be/),
      keys: said("not checked", "the settings can't be used"),
      database: said("not checked", "DATABASE_URL can't be used"),
      disk: said("not checked", "DATABASE_URL can't be used"),
    });
    expect(await doctor({ ACCES_TOKEN_TTL: "1m", JWT_SECRET: `${secret},${secret}!` })).toMatchObject({
      code: 0,
      settings: said("warning", "ACCES_TOKEN_TTL is not a setting; did you mean ACCESS_TOKEN_TTL?"),
      keys: said("ok", /^HS256 key [0-9a-f]{16} signs, and 1 older one verify$/),
    });
    const folder = newFolder();
    mkdirSync(join(folder, "data"));
    const file = join(folder, "data/jwt-secret");
    writeFileSync(file, secret);
    chmodSync(file, 0o644);
    expect(await doctor({}, { folder })).toMatchObject({
      code: 1,
      keys: said("problem", /^Others than its owner may/),
    });
    chmodSync(file, 0o600);
    expect(await doctor({}, { folder })).toMatchObject({ code: 0, keys: said("ok", /^HS256 key \w+ signs$/) });
    writeFileSync(file, "short");
    expect(await doctor({}, { folder })).toMatchObject({
      code: 1,
      keys: said("problem", /holds no secret of 32 bytes/),
    });
    // One that only others may read could be whole, and all sessions end with it.
    rmSync(file);
    mkdirSync(file);
    const { json } = await postern(["doctor", "--json"], { folder });
    expect(json.checks[1]).toMatchObject({ state: "problem", message: expect.stringContaining("EISDIR") });
    expect(json.checks[1].advice).not.toContain("Delete");
  });

  test("reports why a database can't be used", async () => {
    const folder = newFolder();
    writeFileSync(join(folder, "junk"), "x".repeat(5000));
    expect(await doctor({ DATABASE_URL: "sqlite:junk" }, { folder })).toMatchObject({
      code: 1,
      database: said(
        "problem",
        "DATABASE_URL names a file that can't be used, junk: it is not a SQLite database (SQLITE_NOTADB)",
      ),
      migrations: said("not checked", "the database can't be read"),
      clock: said("ok", /Z$/),
    });
    const other = await openDatabase(`sqlite:${join(folder, "other")}`, featuresWith().entities);
    await rows(other, "drop table migrations");
    await rows(other, "create table migrations (version text)");
    await other.close(true);
    expect(await doctor({ DATABASE_URL: "sqlite:other" }, { folder })).toMatchObject({
      code: 1,
      database: said("problem", /, other: .*\(SQLITE_ERROR\)$/),
    });
    expect(await doctor({ DATABASE_URL: "postgresql://ada:secret@127.0.0.1:1/posts" })).toMatchObject({
      code: 1,
      database: said(
        "problem",
        /^DATABASE_URL names .*posts on 127\.0\.0\.1:1 as ada: nothing is listening there; start the server, or correct the host and port$/,
      ),
    });
    expect(await doctor({ DATABASE_URL: "sqlite:/proc/postern/posts.sqlite" })).toMatchObject({
      code: 1,
      disk: said("problem", /\/proc/),
    });
  });

  // The user of another server may make databases, but users perhaps not.
  const mayMakeUsers = isPostgres && process.env["TEST_DATABASE_URL"] === undefined;
  test.runIf(mayMakeUsers)("distinguishes tables that it may not read from missing tables", async () => {
    const url = new URL(await newUnsharedUrl());
    await postern(["migrate"], { env: { DATABASE_URL: String(url) } });
    const owner = new Client(String(url));
    await owner.connect();
    const stranger = `stranger_${process.pid}`;
    await owner.query(`create user ${stranger} password 'of nobody'`);
    onTestFinished(async () => {
      await owner.query(`drop user ${stranger}`);
      await owner.end();
    });
    Object.assign(url, { username: stranger, password: "of nobody" });
    expect(await doctor({ DATABASE_URL: String(url) })).toMatchObject({
      code: 1,
      database: said("problem", /the user lacks a privilege; grant it, or connect as the owner$/),
      migrations: said("not checked", "the database can't be read"),
    });
  });

  test.runIf(process.getuid?.() === 0)("warns if the database belongs to another user", async () => {
    const folder = newFolder();
    const env = { DATABASE_URL: "sqlite:posts.sqlite" };
    expect((await postern(["migrate"], { folder, env })).code).toBe(0);
    chownSync(join(folder, "posts.sqlite"), 65_534, 65_534);
    expect(await doctor(env, { folder })).toMatchObject({
      code: 0,
      database: said("warning", "posts.sqlite is another user's (65534), and this is user 0"),
    });
  });

  test("lists pending migrations and unknown ones", async () => {
    const url = await newUnsharedUrl();
    const database = await openDatabase(url, featuresWith().entities);
    await rows(database, "delete from migrations where name = 'Migration20261129140000'");
    expect(await doctor({ DATABASE_URL: url }, { features: withBookmarks })).toMatchObject({
      code: 0,
      migrations: said("warning", `2 migrations have yet to run: Migration20261129140000, ${bookmarksMigration}`),
    });
    await rows(database, "insert into migrations (name) values ('Migration29991231000000')");
    expect(await doctor({ DATABASE_URL: url })).toMatchObject({
      code: 1,
      migrations: said("problem", "A newer version has migrated the database: Migration29991231000000"),
    });
    await database.close(true);
  });

  test("reports a clock that can't be right", async () => {
    const url = await newUnsharedUrl();
    const api = await startApi({ DATABASE_URL: url });
    api.clock.set(systemClock());
    await api.register("Ada");
    const at = (milliseconds: number) => ({ clock: () => new Date(api.clock().getTime() + milliseconds) });
    const env = { DATABASE_URL: url };
    expect(await doctor(env, at(-180_000))).toMatchObject({
      code: 1,
      clock: said("problem", /Z, and a session was opened 180 s after that$/),
    });
    expect(await doctor(env, { clock: () => new Date("2000-01-01") })).toMatchObject({
      code: 1,
      clock: said("problem", "2000-01-01T00:00:00.000Z is before this version was made"),
    });
    if (!isPostgres) return;
    expect(await doctor(env, at(-30_000))).toMatchObject({
      code: 0,
      clock: said("warning", /^[23]\d s from the database's/),
    });
    expect(await doctor(env, at(600_000))).toMatchObject({
      code: 1,
      clock: said("problem", /s from the database's clock$/),
    });
  });
});

test("migrate runs the server's migrations, then an application's, and lists those that ran", async () => {
  const url = await newUnsharedUrl();
  const env = { DATABASE_URL: url };
  const first = await postern(["migrate", "--json"], { env, features: withBookmarks });
  expect(first.code).toBe(0);
  expect(first.json.applied.at(0)).toEqual({ name: expect.stringMatching(/^Migration/), of: "postern" });
  expect(first.json.applied.slice(-2)).toEqual([
    { name: expect.stringMatching(/^Migration/), of: "postern" },
    { name: bookmarksMigration, of: "application" },
  ]);
  const again = await postern(["migrate"], { env, features: withBookmarks });
  expect(again.out).toMatch(/ is up to date\n$/);
  const database = await openDatabase(url, withBookmarks.entities, { migrations: withBookmarks.migrations });
  expect(await rows(database, "select * from bookmarks")).toEqual([]);
  await database.close(true);
});

test("copy includes an application's tables, and refuses to run without its entities", async () => {
  const [from, to] = [newFileUrl(), isPostgres ? await newPostgresDatabase() : newFileUrl()];
  const api = await startApi({ DATABASE_URL: from }, bookmarks);
  const ada = await api.register("Ada");
  const postId = await createPost(ada);
  const add = "mutation ($postId: ID!) { addBookmark(postId: $postId) { id } }";
  const { body } = await ada.send(add, { variables: { postId } });

  const alone = await postern(["copy", "--from", from, "--to", to]);
  expect(alone).toMatchObject({ code: 1, out: "" });
  expect(alone.err).toContain(`The database has tables of an application (${bookmarksMigration})`);

  const { code, json } = await postern(["copy", "--from", from, "--to", to, "--json"], { features: withBookmarks });
  expect({ code, json }).toMatchObject({ code: 0, json: { rows: { users: 1, posts: 1, bookmarks: 1 } } });
  const copy = await startApi({ DATABASE_URL: to }, bookmarks);
  copy.clock.set(api.clock());
  const found = await copy.send("{ bookmarks { id post { id } } }", { token: ada.token });
  expect(found.body.data).toEqual({ bookmarks: [{ id: body.data.addBookmark.id, post: { id: postId } }] });

  expect(await postern(["copy", "--from", "sqlite:none.sqlite", "--to", to], { folder: newFolder() })).toMatchObject({
    code: 1,
    err: expect.stringMatching(/^There is no database yet, none\.sqlite/),
  });
  for (const [args, says] of [
    [["--from", from, "--to", from], "--from and --to name the same database\n"],
    [["--from", "here", "--to", to], /^--from must be sqlite: and a file's path/],
  ] as const)
    expect(await postern(["copy", ...args])).toMatchObject({ code: 2, err: expect.stringMatching(says) });
});

test("keys lists the key that signs and those that only verify, and no secret", async () => {
  const older = `${secret}!`;
  const env = { JWT_SECRET: `${secret},${older}` };
  const { json, out } = await postern(["keys", "--json"], { folder: newFolder(), env });
  expect(json).toEqual({
    keys: [
      { kid: expect.stringMatching(/^[0-9a-f]{16}$/), algorithm: "HS256", signs: true, from: "JWT_SECRET" },
      { kid: expect.stringMatching(/^[0-9a-f]{16}$/), algorithm: "HS256", signs: false, from: "JWT_SECRET" },
    ],
  });
  expect(out).not.toContain("0123456789");

  const folder = newFolder();
  writeFileSync(join(folder, "signing.pem"), (await postern(["secret", "--es256"])).out);
  const pair = await postern(["keys"], { folder, env: { JWT_PRIVATE_KEY: "signing.pem" } });
  expect(pair.out).toMatch(/^[\w-]{43} +ES256 +signs +JWT_PRIVATE_KEY\n$/);
  const { secret: made } = (await postern(["secret", "--json"])).json;
  expect(made).toMatch(/^[0-9a-f]{64}$/);
  expect((await postern(["keys"], { folder })).out).toBe(
    "There is none yet: the first start makes one, in data/jwt-secret\n",
  );
});
