import { readdirSync, readFileSync } from "node:fs";

import { Client } from "pg";
import { describe, expect, inject, test } from "vitest";

import { leavesOf, makeProgram } from "../../../src/cli/run-command.js";
import { actionsReporting, type CommandDeps } from "../../../src/cli/command.js";
import { columns } from "../../../src/cli/text.js";
import type { TestAccount as Account } from "../../../src/testing/account.js";
import { postern, type Given } from "../../support/admin.js";
import { startApi, type Api } from "../../support/api.js";
import { newDatabaseUrl, newUnsharedUrl } from "../../support/database.js";
import { newFolder } from "../../support/files.js";
import { connect, follow } from "../../support/live.js";
import { createPost } from "../../support/posts.js";
import { rows } from "../../support/rows.js";

const isPostgres = inject("database") === "postgresql";

const login = "mutation ($input: LoginInput!) { login(input: $input) { accessToken } }";
const refresh = "mutation ($token: String!) { refreshSession(input: { refreshToken: $token }) { accessToken } }";

/** A server, and the command on its database, at the server's time. */
async function start(newUrl = newDatabaseUrl, settings: Record<string, string> = {}) {
  const url = await newUrl();
  const api = await startApi({ DATABASE_URL: url, ...settings });
  const run = (args: readonly string[], given: Given = {}) =>
    postern(args, { env: { DATABASE_URL: url }, clock: api.clock, ...given });
  return { url, api, run };
}

const signIn = async (api: Api, { email }: Pick<Account, "email">, password: string, address = "203.0.113.1") =>
  (await api.send(login, { variables: { input: { email, password } }, headers: { "x-forwarded-for": address } })).body;
const refusalOf = ({ errors }: { errors?: readonly any[] }) => errors?.[0]?.extensions;
const me = async ({ send }: Account) => {
  const { status, body } = await send("{ me { name } }");
  return { status, ...(body.errors === undefined ? {} : { reason: refusalOf(body).reason }) };
};
const isIn = { status: 200 };
const gone = { status: 401, reason: "USER_GONE" };
const revoked = { status: 401, reason: "SESSION_REVOKED" };

/** Lets the server look at what other processes have done, and tells how a socket ended. */
async function endOf(api: Api, socket: Awaited<ReturnType<typeof connect>>) {
  api.timer.elapse(50);
  const { type, payload } = await socket.next();
  expect({ type, code: refusalOf(payload)?.code }).toEqual({ type: "ping", code: "UNAUTHENTICATED" });
  return socket.closed;
}

describe("a disabled user", () => {
  test("is refused from the next operation on, sockets included, and their posts stay", async () => {
    const { api, run } = await start();
    const [ada, bob] = [await api.register("Ada"), await api.register("Bob")];
    const post = await createPost(ada, { title: "Rain" });
    const socket = await follow(api, ada.token);
    await socket.event();

    const { code, json } = await run(["users", "disable", ada.email, "--yes", "--json"]);
    const now = api.clock().toISOString();
    const user = { id: ada.id, email: ada.email, name: "Ada", createdAt: expect.any(String), disabledAt: now };
    expect({ code, json }).toEqual({ code: 0, json: { user, endedSessions: 1 } });

    expect(await me(ada)).toEqual(gone);
    expect(await endOf(api, socket)).toEqual({ code: 4403, reason: "USER_GONE" });
    const refreshed = await api.send(refresh, { variables: { token: ada.refreshToken } });
    expect(refusalOf(refreshed.body)).toEqual({ code: "INVALID_REFRESH_TOKEN", reason: "SESSION_REVOKED" });
    expect((await bob.send(`{ post(id: "${post}") { title author { name } } }`)).body).toEqual({
      data: { post: { title: "Rain", author: { name: "Ada" } } },
    });
  });

  test("learns it only with the right password, and no attempt is counted or cleared", async () => {
    const { api, run } = await start();
    const ada = await api.register("Ada");
    await run(["users", "disable", ada.id, "--yes"]);
    const attempts = () => rows(api.server.database, "select * from attempts order by key");

    const before = await attempts();
    const right = await signIn(api, ada, ada.password);
    expect(right).toMatchObject({
      errors: [{ message: "This account is disabled", extensions: { code: "FORBIDDEN" } }],
    });
    expect(await attempts()).toEqual(before);
    expect(refusalOf(await signIn(api, ada, "not this one"))).toEqual({ code: "INVALID_CREDENTIALS" });
    expect(refusalOf(await signIn(api, { email: "nobody@example.com" }, ada.password))).toEqual({
      code: "INVALID_CREDENTIALS",
    });
  });

  test("can sign in again when enabled, without the sessions from before", async () => {
    const { api, run } = await start();
    const ada = await api.register("Ada");
    await run(["users", "disable", ada.email, "--yes"]);
    // A server of the previous release knows nothing of it.
    await rows(api.server.database, "update sessions set ended_at = null, expires_at = expires_at + 1000000");
    expect(await me(ada)).toEqual(gone);
    const again = await api.send(refresh, { variables: { token: ada.refreshToken } });
    expect(refusalOf(again.body)).toEqual({ code: "INVALID_REFRESH_TOKEN", reason: "SESSION_REVOKED" });

    expect((await run(["users", "enable", ada.email.toUpperCase(), "--json"])).json).toMatchObject({
      user: { disabledAt: null },
      endedSessions: 1,
    });
    expect(await me(ada)).toEqual(revoked);
    expect((await signIn(api, ada, ada.password)).errors).toBeUndefined();
  });

  test("is the only kind that `enable` changes: other users keep their sessions", async () => {
    const { api, run } = await start();
    const ada = await api.register("Ada");
    const { code, json } = await run(["users", "enable", ada.email, "--json"]);
    expect({ code, endedSessions: json.endedSessions }).toEqual({ code: 0, endedSessions: 0 });
    expect(await me(ada)).toEqual(isIn);
  });

  test("has no live session even after sign-ins at the same time", async () => {
    const { api, run } = await start();
    const ada = await api.register("Ada");
    const attempts = Array.from({ length: 12 }, () => signIn(api, ada, ada.password));
    const [{ code }, ...answers] = await Promise.all([run(["users", "disable", ada.id, "--yes"]), ...attempts]);
    expect(code).toBe(0);
    for (const answer of answers) expect([undefined, "FORBIDDEN"]).toContain(refusalOf(answer)?.code);
    expect(await rows(api.server.database, "select id from sessions where ended_at is null")).toEqual([]);
  });
});

test.runIf(isPostgres)("disabling waits for a running sign-in, and ends its session too", async () => {
  const { url, api, run } = await start();
  const ada = await api.register("Ada");
  const other = new Client(url);
  await other.connect();
  // What a sign-in does, up to its commit.
  await other.query("begin");
  await other.query("select 1 from users where id = $1 for update", [ada.id]);
  await other.query(
    `insert into sessions (id, user_id, created_at, last_used_at, expires_at)
      select 'session_new', user_id, created_at, last_used_at, expires_at from sessions`,
  );
  const disabling = run(["users", "disable", ada.id, "--yes", "--json"]);
  const waits = async () => {
    const [row] = await rows(api.server.database, "select count(*) as waits from pg_locks where not granted");
    return row!["waits"] > 0;
  };
  while (!(await waits()));
  await other.query("commit");
  await other.end();
  expect((await disabling).json.endedSessions).toBe(2);
});

describe("users", () => {
  test("are listed in pages, including disabled ones", async () => {
    const { api, run } = await start();
    const people = [];
    for (const name of ["Ada", "Bob", "Cat"]) people.push(await api.register(name));
    await run(["users", "disable", people[1]!.id, "--yes"]);

    const first = await run(["users", "list", "--limit", "2", "--json"]);
    expect(first.json).toMatchObject({ users: [{ name: "Ada" }, { name: "Bob" }], next: people[1]!.id });
    const second = await run(["users", "list", "--limit", "2", "--after", first.json.next, "--json"]);
    expect(second.json).toMatchObject({ users: [{ name: "Cat" }], next: null });
    expect((await run(["users", "list", "--disabled", "--json"])).json.users).toMatchObject([{ name: "Bob" }]);

    const { out, err } = await run(["users", "list", "--limit", "2"]);
    expect(out.split("\n")).toEqual([
      expect.stringMatching(/^ID +EMAIL +NAME +SINCE$/),
      expect.stringMatching(/^user_\w+ +ada@example\.com +Ada +2\S+Z$/),
      expect.stringMatching(/^user_\w+ +bob@example\.com +Bob +2\S+Z +disabled 2\S+Z$/),
      "",
    ]);
    expect(err).toBe(`There are more: --after ${people[1]!.id}\n`);
    for (const after of ["nonsense", "", "user_", people[1]!.id.toLowerCase(), `post_${people[1]!.id.slice(5)}`])
      expect(await run(["users", "list", "--after", after])).toMatchObject({
        code: 2,
        err: expect.stringContaining("It must be the id of a user"),
      });
  });

  test("can't send control sequences to an operator's terminal", async () => {
    const { api, run } = await start();
    await api.register("Ada");
    await rows(api.server.database, "update users set name = ?", ["\u001B[31mA\u202Eda\u009B1m"]);
    expect((await run(["users", "list"])).out).toContain("\uFFFD[31mA\uFFFDda\uFFFD1m");
    const { out, json } = await run(["users", "list", "--json"]);
    expect(out).toContain(String.raw`"\u001b[31mA\u202eda\u009b1m"`);
    expect(json.users[0].name).toBe("\u001B[31mA\u202Eda\u009B1m");
  });

  test("are created by the rules of `register`, with a password that is generated, given or typed", async () => {
    const { api, run } = await start();
    const create = (email: string, ...options: string[]) => ["users", "create", email, "--name", " Ada ", ...options];
    const made = await run(create("ada@example.com", "--generate", "--json"));
    expect(made).toMatchObject({
      code: 0,
      json: { user: { name: "Ada", email: "ada@example.com", disabledAt: null } },
    });
    expect(made.json.password).toMatch(/^[\w-]{24}$/);
    expect((await signIn(api, { email: "ada@example.com" }, made.json.password)).errors).toBeUndefined();

    const given = await run(create("bob@example.com", "--password-stdin", "--json"), {
      stdin: "horse battery staple\n",
    });
    expect(Object.keys(given.json)).toEqual(["user"]);
    expect((await signIn(api, { email: "bob@example.com" }, "horse battery staple")).errors).toBeUndefined();

    const marked = await run(create("mark@example.com", "--password-stdin"), {
      stdin: "\uFEFFstaple horse battery\r\n",
    });
    expect(marked.code).toBe(0);
    expect((await signIn(api, { email: "mark@example.com" }, "staple horse battery")).errors).toBeUndefined();

    const typed = await run(create("cat@example.com"), { types: ["staple battery", "staple battery"] });
    expect(typed.code).toBe(0);
    expect(typed.err).toBe("New password: \nOnce more: \n");
    expect(typed.out).toMatch(/^Created Ada <cat@example\.com>, user_\w{26}\n$/);
    expect((await signIn(api, { email: "cat@example.com" }, "staple battery")).errors).toBeUndefined();

    expect(await run(create("ADA@example.com", "--generate", "--json"))).toMatchObject({
      code: 1,
      json: { error: { code: "CONFLICT", message: "An account with this email exists already" } },
    });
    expect(await run(create("nothing", "--password-stdin"), { stdin: "a long password" })).toMatchObject({
      code: 1,
      err: "email: must be an email address of at most 254 bytes\n",
    });
    expect(await run(create("e@example.com", "--password-stdin"), { stdin: "password1234\n" })).toMatchObject({
      code: 1,
      err: "password: must not be one of the most common passwords\n",
    });
    expect(await run(create("e@example.com"), { types: ["one password 1", "another one 2"] })).toMatchObject({
      code: 1,
      err: "New password: \nOnce more: \nThe passwords are not the same: nothing has been changed\n",
    });
    // The arrow that brings a shell's last line back.
    expect(await run(create("e@example.com"), { types: ["one password 1", "\u001B[A"] })).toMatchObject({ code: 1 });
    for (const [stdin, err] of [
      ["one password 1\nanother one 2\n", "There is more than one line on standard input: give the password alone\n"],
      [Buffer.from("un mot passé à part", "latin1"), "The password on standard input isn't in UTF-8\n"],
      [Buffer.from("\uFEFFone password 1\n", "utf16le"), "The password on standard input isn't in UTF-8\n"],
    ] as const)
      expect(await run(create("e@example.com", "--password-stdin"), { stdin })).toMatchObject({ code: 1, err });
    expect(await run(create("e@example.com"), { types: ["^C"] })).toMatchObject({
      code: 1,
      err: "New password: \nNothing has been changed\n",
    });
    expect(await run(create("e@example.com"))).toMatchObject({
      code: 2,
      err: "There is no terminal to type a password: add --generate or --password-stdin\n",
    });
    expect(await run(create("e@example.com", "--generate", "--password-stdin"))).toMatchObject({
      code: 2,
      err: "error: option '--generate' cannot be used with option '--password-stdin'\n",
    });
    expect((await run(["users", "list", "--json"])).json.users).toHaveLength(4);
  });

  test("have a new password, no session and no counted guesses after a reset", async () => {
    const { api, run } = await start(newDatabaseUrl, { TRUST_PROXY: "loopback" });
    const ada = await api.register("Ada");
    const socket = await connect(api, ada.token);
    for (let guess = 0; guess < 12; guess += 1) await signIn(api, ada, "a wrong guess", `198.51.100.${guess}`);
    expect(refusalOf(await signIn(api, ada, ada.password))?.code).toBe("TOO_MANY_ATTEMPTS");

    const { code, json } = await run(["users", "reset-password", ada.email, "--generate", "--yes", "--json"]);
    expect({ code, json }).toEqual({
      code: 0,
      json: { user: expect.objectContaining({ id: ada.id }), endedSessions: 1, password: expect.any(String) },
    });
    expect(await me(ada)).toEqual(revoked);
    expect(await endOf(api, socket)).toEqual({ code: 4403, reason: "SESSION_REVOKED" });
    expect(refusalOf(await signIn(api, ada, ada.password))).toEqual({ code: "INVALID_CREDENTIALS" });
    expect((await signIn(api, ada, json.password)).errors).toBeUndefined();
  });

  test("are deleted with all of their data, and their sockets are closed", async () => {
    const { api, run } = await start();
    const [ada, bob] = [await api.register("Ada"), await api.register("Bob")];
    const post = await createPost(ada);
    const socket = await connect(api, ada.token);
    const { code, json } = await run(["users", "delete", ada.email, "--yes", "--json"]);
    expect({ code, json }).toEqual({ code: 0, json: { deletedUserId: ada.id, endedSessions: 1 } });
    expect(await me(ada)).toEqual(gone);
    expect(await endOf(api, socket)).toEqual({ code: 4403, reason: "USER_GONE" });
    expect((await bob.send(`{ post(id: "${post}") { id } }`)).body.data).toEqual({ post: null });
    expect(await run(["users", "delete", ada.email, "--yes"])).toMatchObject({
      code: 1,
      err: "There is no such user\n",
    });
  });
});

describe("sessions", () => {
  test("are listed, and one or all of a user's are ended, on a running server at once", async () => {
    const { api, run } = await start();
    const ada = await api.register("Ada");
    api.clock.advance("1m");
    const second = await signIn(api, ada, ada.password);
    const list = async () => (await run(["sessions", "list", ada.email, "--json"])).json.sessions;
    const [newer, older] = await list();
    expect(older).toEqual({
      id: ada.sessionId,
      createdAt: "2026-11-22T09:00:00.417Z",
      lastUsedAt: "2026-11-22T09:00:00.417Z",
      expiresAt: expect.stringMatching(/Z$/),
      userAgent: "node",
    });
    const socket = await connect(api, ada.token);

    const ended = await run(["sessions", "end", ada.sessionId, "--yes", "--json"]);
    expect(ended.json).toMatchObject({ user: { id: ada.id }, endedSessions: [ada.sessionId] });
    expect(await me(ada)).toEqual(revoked);
    expect(await endOf(api, socket)).toEqual({ code: 4403, reason: "SESSION_REVOKED" });
    expect(await me({ ...ada, send: (query) => api.send(query, { token: second.data.login.accessToken }) })).toEqual(
      isIn,
    );
    for (const id of [ada.sessionId, "session_nobody"])
      expect(await run(["sessions", "end", id, "--yes"])).toMatchObject({
        code: 1,
        err: "There is no such session, or it is over\n",
      });

    expect((await run(["sessions", "end", "--user", ada.id, "--yes", "--json"])).json.endedSessions).toEqual([
      newer.id,
    ]);
    expect(await list()).toEqual([]);
    for (const args of [[], [newer.id, "--user", ada.id]])
      expect(await run(["sessions", "end", ...args])).toMatchObject({
        code: 2,
        err: "Name a session by its id, a user with --user, or --all\n",
      });
  });

  test("are pruned completely once they can no longer be used", async () => {
    const { api, run } = await start();
    const ada = await api.register("Ada");
    for (let index = 0; index < 45; index += 1) await signIn(api, ada, ada.password);
    const count = async () =>
      (await rows(api.server.database, "select count(*) as sessions from sessions"))[0]!["sessions"];
    expect(await count()).toBe(46);
    api.clock.advance("90d");
    await signIn(api, ada, ada.password);
    // Each sign-in has deleted a few.
    expect(await count()).toBeGreaterThan(20);
    const { json } = await run(["sessions", "prune", "--json"]);
    expect(json).toEqual({ sessions: expect.any(Number), refreshTokens: expect.any(Number) });
    expect(json.sessions).toBeGreaterThan(20);
    expect(await count()).toBe(1);
    expect((await run(["sessions", "prune"])).out).toBe("Deleted 0 sessions and 0 refresh tokens\n");
  });
});

test.each([
  { args: (ada: Account) => ["users", "delete", ada.email], asks: "Delete" },
  { args: (ada: Account) => ["users", "disable", ada.email], asks: "End all sessions of" },
  { args: (ada: Account) => ["users", "reset-password", ada.email, "--generate"], asks: "Replace the password of" },
  { args: (ada: Account) => ["sessions", "end", ada.sessionId], asks: "End session" },
  { args: (ada: Account) => ["sessions", "end", "--user", ada.email], asks: "End all sessions of" },
])("asks before an action that can't be undone: $asks", async ({ args, asks }) => {
  const { api, run } = await start();
  const ada = await api.register("Ada");
  const alone = await run(args(ada));
  expect(alone).toMatchObject({ code: 2, out: "" });
  expect(alone.err).toMatch(new RegExp(`^${asks} .*\\? Add --yes: `));
  for (const types of [["n"], [""], ["^C"]]) {
    const declined = await run(args(ada), { types });
    expect(declined).toMatchObject({ code: 1, out: "" });
    expect(declined.err).toMatch(/Nothing has been changed\n$/);
  }
  expect(await me(ada)).toEqual(isIn);
  expect((await run(args(ada), { types: ["y"] })).code).toBe(0);
  expect((await me(ada)).status).toBe(401);
});

test("uses the time of the answer, not that of the question", async () => {
  const { api, run } = await start();
  const ada = await api.register("Ada");
  const beforeTyping = () => api.clock.advance("1m");
  expect((await run(["users", "disable", ada.id], { types: ["y"], beforeTyping })).code).toBe(0);
  const now = api.clock().getTime();
  expect(await rows(api.server.database, "select disabled_at from users")).toEqual([{ disabled_at: now }]);
  expect(await rows(api.server.database, "select ended_at from sessions")).toEqual([{ ended_at: now }]);
  expect(await rows(api.server.database, "select max(at) as at from events")).toEqual([{ at: now }]);
});

test("prints more rows than a function takes arguments", () => {
  const rowCount = 200_000;
  expect(columns(Array.from({ length: rowCount }, () => ["one", "row"])).split("\n")).toHaveLength(rowCount);
});

test.each([
  { args: ["users", "list", "--jsn"], says: "unknown option '--jsn'\n(Did you mean --json?)" },
  { args: ["user", "list"], says: "unknown command 'user'\n(Did you mean users?)" },
  { args: ["users", "disabel", "x"], says: "unknown command 'disabel'\n(Did you mean disable?)" },
  { args: ["users", "delete", "x", "--force"], says: "unknown option '--force'" },
  { args: ["users", "delete"], says: "missing required argument 'user'" },
  { args: ["migrate", "now"], says: "too many arguments for 'migrate'. Expected 0 arguments but got 1." },
  { args: ["start", "--port", "4000"], says: "unknown option '--port'" },
  { args: ["--prot"], says: "unknown option '--prot'" },
  { args: ["backup"], says: "missing required argument 'file'" },
  { args: ["copy", "--from", "sqlite:a"], says: "required option '--to <url>' not specified" },
])("refuses $args, and suggests a correction", async ({ args, says }) => {
  const folder = newFolder();
  expect(await postern(args, { folder })).toMatchObject({ code: 2, out: "", err: `error: ${says}\n` });
  expect(readdirSync(folder)).toEqual([]);
});

test("reports a refusal as one document with --json", async () => {
  const refused = await postern(["users", "list", "--limit", "0", "--json"], { folder: newFolder() });
  expect(refused).toMatchObject({
    code: 2,
    json: { error: { code: "USAGE", message: expect.stringContaining("limit") } },
  });
  const wrong = await postern(["users", "list", "--json"], { env: { DATABASE_URL: "posts.sqlite" } });
  expect(wrong).toMatchObject({ code: 1, json: { error: { code: "SETTINGS" } } });
  expect(wrong.err).toMatch(/^DATABASE_URL must be /);
});

test("refuses a database that is missing, not migrated or newer", async () => {
  const folder = newFolder();
  const there = await postern(["users", "list"], { folder, env: { DATABASE_URL: "sqlite:none.sqlite" } });
  expect(there).toMatchObject({ code: 1, out: "" });
  expect(there.err).toMatch(/^There is no database yet, none.sqlite: run postern migrate/);
  const memory = await postern(["users", "list"], { folder, env: { DATABASE_URL: "sqlite::memory:" } });
  expect(memory.err).toBe("DATABASE_URL names a database in memory, which is the server's alone\n");
  expect(readdirSync(folder)).toEqual([]);

  // Not one that other tests have after this one.
  const { api, run } = await start(newUnsharedUrl);
  await rows(api.server.database, "insert into migrations (name) values ('Migration29991231000000')");
  expect(await run(["users", "list"])).toMatchObject({
    code: 1,
    err: expect.stringMatching(/^The database was migrated by a newer version of Postern \(Migration29991231000000\)/),
  });
  await rows(
    api.server.database,
    "delete from migrations where name in ('Migration29991231000000', 'Migration20261129140000')",
  );
  expect(await run(["users", "list"])).toMatchObject({
    code: 1,
    err: "The database isn't migrated to this version: run postern migrate first\n",
  });
});

test("the page of commands has every command, its options and its exit codes", () => {
  const page = readFileSync("docs/administration.md", "utf8");
  const around = { streams: { stdout: {}, stderr: {} } } as CommandDeps;
  const program = makeProgram(
    around,
    actionsReporting(async () => {}),
  );
  for (const leaf of leavesOf(program)) {
    const names = [];
    for (let one = leaf; one.parent !== null; one = one.parent) names.unshift(one.name());
    expect(page).toContain(`postern ${names.join(" ")}`);
    for (const { long, hidden } of leaf.options) if (!hidden) expect(page).toContain(long!);
  }
});
