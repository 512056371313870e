import { spawnSync } from "node:child_process";
import { once } from "node:events";
import { chownSync, cpSync, mkdirSync, readdirSync, statSync, symlinkSync, writeFileSync } from "node:fs";
import { createServer, type AddressInfo } from "node:net";
import { join, resolve } from "node:path";

import { hash } from "@node-rs/argon2";
import { expect, onTestFinished, test } from "vitest";

import { openDatabase } from "../../../src/database/database.js";
import { entities } from "../../../src/graphql/schema.js";

import { newFolder } from "../../support/files.js";
import { ask, end, failProcess, joinHere, runHere, startProcess } from "../../support/process.js";

test("starts without settings, keeps its data in ./data, and says so in one line", async () => {
  const folder = newFolder();

  const running = await startProcess(folder);

  expect(running.ready).toEqual({
    level: 30,
    time: expect.any(Number),
    msg: "ready",
    name: expect.stringMatching(/^postern \d/),
    node: process.versions.node,
    database: "sqlite:./data/postern.sqlite",
    readyMs: expect.any(Number),
    graphql: expect.stringMatching(/^http:\/\/127\.0\.0\.1:\d+\/graphql$/),
    accessTokenTtl: "30m",
    signingKey: "secret generated, kept in data/jwt-secret",
  });
  expect(statSync(join(folder, "data/jwt-secret")).mode & 0o777).toBe(0o600);
  expect(statSync(join(folder, "data/postern.sqlite")).size).toBeGreaterThan(0);
  expect(await end(running, "SIGTERM")).toBe(0);
});

const nameless = 4_242_424;
// Only root can start a process as another user, and Node may lie in a folder of root's own.
const canBeNameless =
  process.getuid?.() === 0 && spawnSync(process.execPath, ["--version"], { uid: nameless }).status === 0;

test.runIf(canBeNameless)("starts as a user without a name and without HOME", async () => {
  const folder = newFolder();
  chownSync(folder, nameless, nameless);
  const running = await startProcess(folder, {}, nameless);
  expect(await end(running, "SIGTERM")).toBe(0);
});

test("accepts tokens from before a restart, because its secret is stored", async () => {
  const folder = newFolder();
  const before = await startProcess(folder);
  const { data } = await ask(
    before.url,
    `mutation { register(input: { email: "a@example.com", name: "A", password: "a long password" }) { accessToken } }`,
  );
  await end(before, "SIGINT");

  const after = await startProcess(folder);

  expect(after.ready["signingKey"]).toBe("secret generated earlier, read from data/jwt-secret");
  expect(await ask(after.url, "{ me { name } }", {}, data.register.accessToken)).toEqual({
    data: { me: { name: "A" } },
  });
});

test("reads .env, with a byte order mark too; the environment takes precedence", async () => {
  const folder = newFolder();
  writeFileSync(join(folder, ".env"), "\uFEFFACCESS_TOKEN_TTL=7m\nREFRESH_TOKEN_TTL=8m\nPORT=x\n");
  const { ready } = await startProcess(folder, { PORT: "0", REFRESH_TOKEN_TTL: "9m" });
  expect(ready["accessTokenTtl"]).toBe("7m");
});

test("ends with 1 and a line for each invalid setting, without a stack", async () => {
  const { code, out, err } = await failProcess(newFolder(), {
    PORT: "x",
    ACCESS_TOKEN_TTL: "30",
    NODE_ENV: "production",
  });
  expect({ code, out }).toEqual({ code: 1, out: "" });
  expect(err.trimEnd().split("\n")).toEqual([
    expect.stringMatching(/^ACCESS_TOKEN_TTL must .*, for example ACCESS_TOKEN_TTL=30m$/),
    expect.stringMatching(/^JWT_SECRET must be set in production, or JWT_PRIVATE_KEY, for example /),
    expect.stringMatching(/^PORT must be a whole number, for example PORT=4000$/),
  ]);
});

/** The built server in a folder of its own, beside packages among which sqlite3 has no native part. */
function withoutNativePart(): string {
  const folder = newFolder();
  for (const name of ["dist", "package.json", "node_modules/sqlite3/lib", "node_modules/sqlite3/package.json"])
    cpSync(name, join(folder, name), { recursive: true });
  for (const name of readdirSync("node_modules"))
    if (name !== "sqlite3") symlinkSync(resolve("node_modules", name), join(folder, "node_modules", name));
  return folder;
}

test("ends with 1 and one line that says what to type if npm was not allowed to build sqlite3", async () => {
  const folder = withoutNativePart();
  const { code, out, err } = await failProcess(folder, {}, join(folder, "dist/main.js"));
  expect({ code, out }).toEqual({ code: 1, out: "" });
  expect(err.trimEnd().split("\n")).toEqual([
    expect.stringMatching(
      /^The package sqlite3 has no native part.* npm approve-scripts sqlite3 && npm rebuild sqlite3/,
    ),
  ]);

  // PostgreSQL needs none of it: what is wrong is that nobody is there.
  const away = { DATABASE_URL: "postgresql://127.0.0.1:1/postern" };
  expect((await failProcess(folder, away, join(folder, "dist/main.js"))).err).toMatch(/^DATABASE_URL names .*\n$/);
});

test("ends with 1 and one line if the port is taken", async () => {
  const other = createServer().listen(0, "127.0.0.1");
  onTestFinished(() => void other.close());
  await once(other, "listening");
  const { port } = other.address() as AddressInfo;

  const { code, err } = await runHere("src/main.ts", newFolder(), { env: { PORT: String(port) } });

  expect(code).toBe(1);
  expect(err).toBe(
    `Port ${port} on 127.0.0.1 is in use: stop what listens there, or set PORT to another, for example PORT=4001\n`,
  );
});

type Broken = { of: string; break: (folder: string) => void; env: Record<string, string>; says: RegExp };
test.each<Broken>([
  {
    of: "a database that is a folder",
    break: () => {},
    env: { DATABASE_URL: "sqlite:." },
    says: /^DATABASE_URL names a file that can't be used, .: it is a folder \(SQLITE_CANTOPEN\)/,
  },
  {
    of: "a database that is no database",
    break: (folder) => writeFileSync(join(folder, "db"), "x".repeat(5000)),
    env: { DATABASE_URL: "sqlite:./db" },
    says: /^DATABASE_URL names a file that can't be used, .*: it is not a SQLite database \(SQLITE_NOTADB\)/,
  },
  {
    of: "a file where ./data should be",
    break: (folder) => writeFileSync(join(folder, "data"), ""),
    env: {},
    says: /^EEXIST: file already exists, mkdir/,
  },
  {
    of: "a secret cut short",
    break: (folder) => {
      mkdirSync(join(folder, "data"));
      writeFileSync(join(folder, "data/jwt-secret"), "short");
    },
    env: {},
    says: /^data\/jwt-secret holds no secret of 32 bytes: delete it/,
  },
  { of: "a .env that is a folder", break: (folder) => mkdirSync(join(folder, ".env")), env: {}, says: /^EISDIR/ },
])("ends with 1 and one line for $of", async ({ break: breakIt, env, says }) => {
  const folder = newFolder();
  breakIt(folder);
  const { code, err } = await runHere("src/main.ts", folder, { env });
  expect(code).toBe(1);
  expect(err).toMatch(says);
  expect(err.trimEnd().split("\n")).toHaveLength(1);
});

test("lets two processes share a database and a secret from their first start on", async () => {
  const folder = newFolder();
  const [one, two] = await Promise.all([startProcess(folder), startProcess(folder)]);

  const { data } = await ask(
    one.url,
    `mutation { register(input: { email: "a@example.com", name: "A", password: "a long password" }) { accessToken } }`,
  );

  expect(await ask(two.url, "{ me { name } }", {}, data.register.accessToken)).toEqual({ data: { me: { name: "A" } } });
});

test("refreshes once for twenty requests at once to two processes", async () => {
  const folder = newFolder();
  const processes = [await startProcess(folder), await joinHere(folder)] as const;
  const { data } = await ask(
    processes[0].url,
    `mutation { register(input: { email: "a@example.com", name: "A", password: "a long password" }) { refreshToken } }`,
  );
  const refresh = (url: string) =>
    ask(
      url,
      `mutation ($t: String!) { refreshSession(input: { refreshToken: $t }) { refreshToken accessToken user { sessions { id } } } }`,
      {
        t: data.register.refreshToken,
      },
    );

  const answers = await Promise.all(Array.from({ length: 20 }, (_, index) => refresh(processes[index % 2]!.url)));

  expect(answers.flatMap(({ errors }) => errors ?? [])).toEqual([]);
  const pairs = answers.map((answer) => answer.data.refreshSession);
  expect(new Set(pairs.map((pair) => pair.refreshToken)).size).toBe(1);
  expect(new Set(pairs.map((pair) => pair.user.sessions.map(({ id }: any) => id).join())).size).toBe(1);
});

test("ends a session for both processes at once, and counts guesses for both", async () => {
  const folder = newFolder();
  const [one, two] = [await startProcess(folder), await joinHere(folder)];
  const input = { email: "a@example.com", password: "a long password" };
  const { data } = await ask(one.url, `mutation ($input: RegisterInput!) { register(input: $input) { accessToken } }`, {
    input: { ...input, name: "A" },
  });
  const token = data.register.accessToken;

  expect((await ask(one.url, "mutation { logout { endedSessions } }", {}, token)).data.logout.endedSessions).toBe(1);
  expect((await ask(two.url, "{ me { id } }", {}, token)).errors![0].extensions.reason).toBe("SESSION_REVOKED");

  const login = (url: string, password: string) =>
    ask(url, `mutation ($input: LoginInput!) { login(input: $input) { expiresAt } }`, {
      input: { ...input, password },
    });
  for (let guess = 0; guess < 10; guess += 1) await login(guess % 2 === 0 ? one.url : two.url, "a wrong guess");
  await end(one, "SIGKILL");
  const again = await joinHere(folder);
  for (const { url } of [two, again])
    expect((await login(url, input.password)).errors![0].extensions.code).toBe("TOO_MANY_ATTEMPTS");
});

test("keeps a session whose refresh was never answered because the server was killed", async () => {
  const folder = newFolder();
  const before = await startProcess(folder);
  const { data } = await ask(
    before.url,
    `mutation { register(input: { email: "a@example.com", name: "A", password: "a long password" }) { refreshToken } }`,
  );
  const refresh = (url: string) =>
    ask(url, `mutation ($t: String!) { refreshSession(input: { refreshToken: $t }) { refreshToken } }`, {
      t: data.register.refreshToken,
    });
  const unseen = await refresh(before.url);
  await end(before, "SIGKILL");

  const after = await joinHere(folder);

  expect(await refresh(after.url)).toEqual(unseen);
});

test("accepts the right password on two processes at once, and no old one after a change", async () => {
  const folder = newFolder();
  const [one, two] = [await startProcess(folder), await joinHere(folder)];
  const database = await openDatabase(`sqlite:${join(folder, "data/postern.sqlite")}`, entities);
  onTestFinished(() => database.close(true));
  const email = "a@example.com";
  const login = (url: string, password: string) =>
    ask(url, `mutation ($input: LoginInput!) { login(input: $input) { accessToken } }`, { input: { email, password } });
  const register = `mutation ($input: RegisterInput!) { register(input: $input) { accessToken } }`;
  const { data } = await ask(one.url, register, { input: { email, name: "A", password: "password number 0" } });

  for (let round = 0; round < 5; round += 1) {
    const [current, next] = [`password number ${round}`, `password number ${round + 1}`];
    const outdated = await hash(current, { memoryCost: 8192, timeCost: 1, parallelism: 1 });
    await database.em.fork().getConnection().execute("update users set password_hash = ?", [outdated]);
    for (const { errors } of await Promise.all([login(one.url, current), login(two.url, current)]))
      expect(errors).toBeUndefined();

    const change = `mutation ($input: ChangePasswordInput!) { changePassword(input: $input) { endedSessions } }`;
    const [changed, overtaken] = await Promise.all([
      ask(one.url, change, { input: { currentPassword: current, newPassword: next } }, data.register.accessToken),
      login(two.url, current),
    ]);
    expect(changed.errors).toBeUndefined();
    // It came before the change, which ended its session, or after it, and was refused.
    const token = overtaken.data?.login?.accessToken ?? "none";
    const { errors } = await ask(two.url, "{ me { id } }", {}, token);
    expect(["SESSION_REVOKED", "TOKEN_INVALID"]).toContain(errors?.[0].extensions.reason);
  }
});

test("ends at a signal even if nobody reads its log", async () => {
  const running = await startProcess(newFolder());
  running.process.stdout!.pause();
  // More than fits into the pipe and what its reader holds.
  const headers = { "x-request-id": "x".repeat(128) };
  for (let round = 0; round < 20; round += 1)
    await Promise.all(Array.from({ length: 50 }, () => fetch(new URL("/nothing", running.url), { headers })));
  expect((await fetch(new URL("/", running.url))).status).toBe(200);
  expect(await end(running, "SIGTERM")).toBe(0);
});
