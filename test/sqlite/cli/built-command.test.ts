import { execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { closeSync, existsSync, openSync } from "node:fs";
import { resolve } from "node:path";

import { expect, test } from "vitest";

import { openDatabase } from "../../../src/database/database.js";
import { entities } from "../../../src/graphql/schema.js";
import { newDatabaseUrl } from "../../support/database.js";
import { newFolder } from "../../support/files.js";
import { connect } from "../../support/live.js";
import { rows } from "../../support/rows.js";
import { ask, startProcess } from "../../support/process.js";

const command = resolve("dist/main.js");
const runBuilt = async (folder: string, args: readonly string[], env: Record<string, string> = {}) =>
  new Promise<{ code: number; out: string; err: string }>((done) => {
    execFile(
      process.execPath,
      [command, ...args],
      { cwd: folder, env: { PATH: process.env["PATH"], ...env } },
      (error, out, err) => done({ code: error === null ? 0 : Number(error.code), out, err }),
    );
  });

test("takes effect on a running server at once", async () => {
  const folder = newFolder();
  const env = { DATABASE_URL: await newDatabaseUrl() };
  const { url } = await startProcess(folder, env);
  const input = { email: "ada@example.com", name: "Ada", password: "a long password" };
  const register = "mutation ($input: RegisterInput!) { register(input: $input) { accessToken } }";
  const token: string = (await ask(url, register, { input })).data.register.accessToken;
  const socket = await connect({ url }, token);

  const { code, out, err } = await runBuilt(folder, ["users", "disable", input.email, "--yes", "--json"], env);
  expect(code).toBe(0);
  // Nothing but the log of what it did.
  for (const line of err.trim().split("\n")) expect(JSON.parse(line)).toMatchObject({ msg: "administration" });
  expect(JSON.parse(out)).toMatchObject({ user: { name: "Ada" }, endedSessions: 1 });
  // Nothing has been asked of the server meanwhile.
  expect(await socket.closed).toEqual({ code: 4403, reason: "USER_GONE" });
  const { errors } = await ask(url, "{ me { name } }", {}, token);
  expect(errors![0].extensions).toMatchObject({ reason: "USER_GONE" });
});

test("serves with `start` as without a command, and loads no code of the other commands", async () => {
  const folder = newFolder();
  const child = spawn(process.execPath, [command, "start"], {
    cwd: folder,
    env: { PATH: process.env["PATH"], PORT: "0", NODE_DEBUG: "module,esm", DATABASE_URL: "sqlite::memory:" },
  });
  let [out, err] = ["", ""];
  child.stderr.on("data", (chunk) => (err += String(chunk)));
  child.stdout.on("data", (chunk) => (out += String(chunk)));
  while (!out.includes('"msg":"ready"')) await once(child.stdout, "data");
  child.kill("SIGTERM");
  expect((await once(child, "exit"))[0]).toBe(0);
  expect(err).toContain("fastify");
  expect(err).not.toMatch(/commander|dist\/cli\//);
});

test("ends quietly if the reader closes the pipe, and leaves a stored secret alone", async () => {
  const folder = newFolder();
  const doctor = await runBuilt(folder, ["doctor", "--json"]);
  expect(doctor.code).toBe(0);
  expect(JSON.parse(doctor.out).checks).toHaveLength(7);
  expect(existsSync(resolve(folder, "data"))).toBe(false);
  expect((await runBuilt(folder, ["migrate"])).code).toBe(0);
  const database = await openDatabase(`sqlite:${resolve(folder, "data/postern.sqlite")}`, entities);
  await rows(
    database,
    `with recursive n(i) as (select 1 union all select i + 1 from n where i < 5000)
        insert into users select 'user_' || i, 'Somebody', 'e' || i, 'e' || i, 'h', 0, null from n`,
  );
  await database.close(true);
  const child = spawn(process.execPath, [command, "users", "list", "--limit", "5000"], { cwd: folder });
  let err = "";
  child.stderr.on("data", (chunk) => (err += String(chunk)));
  child.stdout.once("data", () => child.stdout.destroy());
  expect((await once(child, "exit"))[0]).toBe(0);
  expect(err).toBe("");
});

test("goes on if nobody reads its progress", async () => {
  const folder = newFolder();
  expect((await runBuilt(folder, ["migrate"])).code).toBe(0);
  const args = ["copy", "--from", "sqlite:data/postern.sqlite", "--to", "sqlite:copy.sqlite"];
  const child = spawn(process.execPath, [command, ...args], { cwd: folder });
  child.stderr.destroy();
  let out = "";
  child.stdout.on("data", (chunk) => (out += String(chunk)));
  expect((await once(child, "close"))[0]).toBe(0);
  expect(out).toMatch(/^Copied 0 attempts/);
});

test.runIf(existsSync("/dev/full"))("fails if its answer can't be written", async () => {
  const full = openSync("/dev/full", "w");
  const child = spawn(process.execPath, [command, "secret"], { cwd: newFolder(), stdio: ["ignore", full, "pipe"] });
  closeSync(full);
  let err = "";
  child.stderr!.on("data", (chunk) => (err += String(chunk)));
  expect((await once(child, "close"))[0]).toBe(1);
  expect(err).toMatch(/^The result can't be written: ENOSPC/m);
});
