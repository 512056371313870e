import { spawn } from "node:child_process";
import { once } from "node:events";
import { copyFileSync, mkdirSync, readdirSync, readFileSync, statSync, watch, writeFileSync } from "node:fs";
import { join } from "node:path";

import sqlite3 from "sqlite3";
import { expect, test } from "vitest";

import { newFolder } from "../../support/files.js";
import { postern } from "../../support/admin.js";
import { ask, startProcess } from "../../support/process.js";

/** Runs statements on a file, one after the other; the rows of the last. */
async function run(file: string, ...statements: string[]): Promise<any[]> {
  const database = new sqlite3.Database(file);
  let rows: unknown[] = [];
  for (const statement of statements)
    rows = await new Promise<unknown[]>((done, reject) =>
      database.all(statement, (error, found) => (error === null ? done(found) : reject(error))),
    );
  await new Promise((closed) => database.close(closed));
  return rows;
}

const refused = (folder: string, args: readonly string[], env: Record<string, string> = {}) =>
  postern(["backup", ...args], { folder, env });

/** Starts it as a process of its own. */
function start(source: string, target: string) {
  const child = spawn(process.execPath, ["dist/main.js", "backup", target], {
    env: { PATH: process.env["PATH"], DATABASE_URL: `sqlite:${source}` },
    stdio: ["ignore", "pipe", "pipe"],
  });
  let said = "";
  for (const stream of [child.stdout, child.stderr]) stream.on("data", (chunk) => (said += chunk));
  return { child, ended: once(child, "close").then(([code]) => ({ code, said })) };
}

const register = `mutation ($input: RegisterInput!) { register(input: $input) { accessToken } }`;
const ada = { email: "a@example.com", name: "A", password: "a long password" };
const createPost = `mutation ($title: String!) { createPost(input: { title: $title, content: "C" }) { post { id } } }`;

test("copies everything acknowledged before while a server keeps writing, and a server starts from the copy", async () => {
  const folder = newFolder();
  const { url } = await startProcess(folder);
  const { data } = await ask(url, register, { input: ada });
  const token: string = data.register.accessToken;
  const acknowledged: string[] = [];
  const writing = { goesOn: true };
  let begin!: () => void;
  const amongWrites = new Promise<void>((resolve) => (begin = resolve));
  const writer = async () => {
    while (writing.goesOn) {
      const title = `Post ${Math.random()}`;
      expect((await ask(url, createPost, { title }, token)).errors).toBeUndefined();
      if (acknowledged.push(title) === 20) begin();
    }
  };
  const writers = Promise.all([writer(), writer(), writer()]);
  await Promise.race([amongWrites, writers]);

  const [source, target] = [join(folder, "data/postern.sqlite"), join(folder, "copy.sqlite")];
  const before = [...acknowledged];
  const copied = await start(source, target).ended;
  writing.goesOn = false;
  await writers;

  const { size, mode } = statSync(target);
  expect(copied).toEqual({ code: 0, said: `Copied ${source} to ${target}: ${size.toLocaleString("en")} bytes\n` });
  expect(mode & 0o777).toBe(0o600);
  expect(readdirSync(folder).toSorted()).toEqual(["copy.sqlite", "data"]);
  expect(await run(target, "pragma integrity_check")).toEqual([{ integrity_check: "ok" }]);
  const kept = new Set((await run(target, "select title from posts")).map(({ title }) => title));
  expect(before.filter((title) => !kept.has(title))).toEqual([]);
  expect(acknowledged.length).toBeGreaterThan(before.length);

  const restored = newFolder();
  mkdirSync(join(restored, "data"));
  copyFileSync(join(folder, "data/jwt-secret"), join(restored, "data/jwt-secret"));
  copyFileSync(target, join(restored, "data/postern.sqlite"));
  const again = await startProcess(restored);
  const found = await ask(again.url, `query ($t: String!) { posts(search: $t) { totalCount } }`, { t: "post" }, token);
  expect(found.data.posts.totalCount).toBeGreaterThanOrEqual(before.length);
  expect((await ask(again.url, createPost, { title: "After" }, token)).errors).toBeUndefined();
});

test("leaves nothing behind when it is interrupted", async () => {
  const folder = newFolder();
  const [source, target] = [join(folder, "large.sqlite"), join(folder, "copy.sqlite")];
  await run(
    source,
    "pragma journal_mode = wal",
    "create table things (text)",
    `with recursive n(i) as (select 1 union all select i + 1 from n where i < 60)
     insert into things select zeroblob(1000000) from n`,
  );
  const { child, ended } = start(source, target);
  const watcher = watch(folder);
  watcher.on("change", (_kind, name) => name?.toString().startsWith("copy.sqlite") && child.kill("SIGINT"));
  const outcome = await ended;
  watcher.close();

  expect(outcome).toEqual({ code: 1, said: "Interrupted: no copy was made\n" });
  expect(readdirSync(folder).filter((name) => name.startsWith("copy"))).toEqual([]);
});

test("refuses an existing file, and leaves it unchanged", async () => {
  const folder = newFolder();
  await run(join(folder, "posts.sqlite"), "create table posts (id text)");
  writeFileSync(join(folder, "kept"), "precious");
  const { code, err } = await refused(folder, ["kept"], { DATABASE_URL: "sqlite:posts.sqlite" });
  expect({ code, err }).toEqual({ code: 1, err: "kept exists already: name another file, or remove it\n" });
  expect(readFileSync(join(folder, "kept"), "utf8")).toBe("precious");
});

test.each([
  { of: "no database", args: ["a"], env: {}, says: "There is no database to copy: ./data/postern.sqlite" },
  {
    of: "a database in memory",
    args: ["a"],
    env: { DATABASE_URL: "sqlite::memory:" },
    says: "DATABASE_URL names no file that could be copied, for example sqlite:./data/postern.sqlite",
  },
  {
    of: "a database of PostgreSQL",
    args: ["a"],
    env: { DATABASE_URL: "postgresql://somebody:secret@127.0.0.1/posts" },
    says: 'PostgreSQL has its own: pg_dump --format=custom --file=a "$DATABASE_URL"',
  },
  {
    of: "a file that is no database",
    args: ["a"],
    env: { DATABASE_URL: "sqlite:junk" },
    says: "No copy was made: SQLITE_NOTADB: file is not a database",
  },
  {
    of: "a folder that is not there",
    args: ["none/a"],
    env: { DATABASE_URL: "sqlite:junk" },
    says: /^No copy was made: ENOENT: no such file or directory, open 'none\/a\./,
  },
])("reports a problem with $of in one line, and creates nothing", async ({ args, env, says }) => {
  const folder = newFolder();
  writeFileSync(join(folder, "junk"), "x".repeat(5000));
  const { code, out, err } = await refused(folder, args, env);
  expect({ code, out }).toEqual({ code: 1, out: "" });
  if (typeof says === "string") expect(err).toBe(`${says}\n`);
  else expect(err.trimEnd()).toMatch(says);
  expect(readdirSync(folder)).toEqual(["junk"]);
});
