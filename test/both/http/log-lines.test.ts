import { expect, test } from "vitest";

import { generateKeyPairSync } from "node:crypto";

import { accountKeyOf } from "../../../src/features/account/account-key.js";
import { asymmetricKey, keyringOf, secretKey } from "../../../src/foundation/config/signing-keys.js";
import { postern } from "../../support/admin.js";
import { startApi, type Api } from "../../support/api.js";
import { newUnsharedUrl } from "../../support/database.js";
import { newFolder } from "../../support/files.js";
import { openSocket } from "../../support/live.js";
import { rows } from "../../support/rows.js";

const lastLine = (api: Api, msg: string) => api.logged().findLast((line) => line["msg"] === msg)!;

const login = "mutation ($input: LoginInput!) { login(input: $input) { accessToken } }";
const signIn = (api: Api, email: string, password: string) =>
  api.send(login, { variables: { input: { email, password } } });

test.each([
  ["TOKEN_EXPIRED", async (api: Api) => api.clock.advance("30m")],
  [
    "SESSION_REVOKED",
    (_: Api, send: (document: string) => Promise<unknown>) => send("mutation { logout { endedSessions } }"),
  ],
  [
    "USER_GONE",
    (_: Api, send: (document: string) => Promise<unknown>, password: string) =>
      send(`mutation { deleteAccount(input: { currentPassword: "${password}" }) { deletedUserId } }`),
  ],
] as const)("says whose credential was refused as %s, and tells the client nothing of it", async (reason, ruin) => {
  const api = await startApi();
  const { id: userId, sessionId, token, send, password } = await api.register("Ada");
  await ruin(api, send, password);

  const { body, text } = await send("{ me { name } }");
  expect(body.errors![0]!.extensions["reason"]).toBe(reason);
  expect(lastLine(api, "request")).toMatchObject({ reason, userId, sessionId, address: "127.0.0.1" });
  const socket = await openSocket(api);
  socket.send({ type: "connection_init", payload: { Authorization: `Bearer ${token}` } });
  const ping = await socket.next();
  await socket.closed;
  await expect.poll(() => lastLine(api, "socket closed")).toMatchObject({ userId, sessionId, address: "127.0.0.1" });
  for (const said of [text, JSON.stringify(ping)]) {
    expect(said).not.toContain(userId);
    expect(said).not.toContain(sessionId);
  }
});

test("logs no claims of a token with a wrong signature", async () => {
  const api = await startApi();
  const { token } = await api.register("Ada");
  const forged = `${token.slice(0, token.lastIndexOf("."))}.${"A".repeat(43)}`;
  await api.send("{ me { name } }", { token: forged });
  const line = lastLine(api, "request");
  expect(line).toMatchObject({ reason: "TOKEN_INVALID", address: "127.0.0.1" });
  expect(Object.keys(line)).not.toContain("userId");
  expect(Object.keys(line)).not.toContain("sessionId");
});

test("has no addresses in any line with LOG_ADDRESSES=false", async () => {
  const api = await startApi({ LOG_ADDRESSES: "false" });
  const ada = await api.register("Ada");
  await signIn(api, ada.email, "a wrong guess");
  const socket = await openSocket(api);
  socket.send({ type: "connection_init", payload: { Authorization: `Bearer ${ada.token}` } });
  await socket.next();
  socket.close();
  await expect.poll(() => lastLine(api, "socket closed")).toBeDefined();
  const lines = api.logged();
  expect(new Set(lines.map(({ msg }) => msg))).toEqual(new Set(["request", "session", "socket closed"]));
  expect(JSON.stringify(lines)).not.toContain("127.0.0.1");
});

test("refusals of one account have one key, which is not its email", async () => {
  const api = await startApi();
  const ada = await api.register("Ada");
  const opened = lastLine(api, "session")["account"];
  await signIn(api, ada.email.toUpperCase(), "a wrong guess");
  const refused = lastLine(api, "session");
  expect(refused).toMatchObject({ event: "sign-in refused", cause: "INVALID_CREDENTIALS", account: opened });
  await signIn(api, "nobody@example.com", "a wrong guess");
  const unknown = lastLine(api, "session");
  expect(unknown["account"]).toMatch(/^[\w-]{22}$/);
  expect(unknown["account"]).not.toBe(opened);
  expect(unknown["userId"]).toBeUndefined();
  expect(JSON.stringify(api.logged())).not.toMatch(/example\.com/i);
});

test("the key of an account depends on the signing key, and on nothing else", () => {
  const secret = () => keyringOf([secretKey("of the log: 0123456789abcdefghijklmn")]);
  const pair = keyringOf([asymmetricKey(generateKeyPairSync("ec", { namedCurve: "P-256" }).privateKey)]);
  expect(accountKeyOf("Ada@example.com ", secret())).toBe(accountKeyOf("ada@example.com", secret()));
  expect(accountKeyOf("ada@example.com", pair)).not.toBe(accountKeyOf("ada@example.com", secret()));
});

test("the command line logs what it has done, and nothing if it has done nothing", async () => {
  const url = await newUnsharedUrl();
  const folder = newFolder();
  const env = { DATABASE_URL: url };
  const run = async (...args: string[]) => {
    const { err, json } = await postern([...args, "--json"], { folder, env });
    const lines = err.split("\n").filter((line) => line.startsWith("{"));
    return { json, acts: lines.map((line) => JSON.parse(line)) };
  };
  expect((await run("migrate")).acts.at(-1)).toMatchObject({ command: "migrate", event: "migration run" });
  const api = await startApi({ DATABASE_URL: url });
  const { id: userId, sessionId, email, password } = await api.register("Ada");

  const { acts } = await run("users", "disable", email, "--yes");
  expect(acts).toEqual([
    expect.objectContaining({ level: 30, msg: "administration", event: "account disabled", userId }),
    expect.objectContaining({ event: "session ended", userId, sessionId, cause: "account disabled" }),
  ]);
  expect(acts[0]).toMatchObject({ command: "users disable", time: expect.any(Number) });
  expect((await run("users", "enable", email)).acts).toMatchObject([{ event: "account enabled", userId }]);
  const { sessionId: later } = (await signInWith(api, email, password)) ?? {};
  expect((await run("sessions", "end", "--user", email, "--yes")).acts).toMatchObject([
    { command: "sessions end", event: "session ended", userId, sessionId: later, cause: "administration" },
  ]);
  expect((await run("users", "reset-password", email, "--generate", "--yes")).acts).toMatchObject([
    { event: "password reset", userId },
  ]);
  const made = await run("secret");
  expect(made.acts).toMatchObject([{ event: "key made", keyId: expect.stringMatching(/^[0-9a-f]{16}$/) }]);
  expect(JSON.stringify(made.acts)).not.toContain(made.json.secret);
  expect((await run("users", "delete", email, "--yes")).acts).toMatchObject([{ event: "account deleted", userId }]);
  expect((await run("users", "list")).acts).toEqual([]);
  expect((await run("users", "delete", email, "--yes")).acts).toEqual([]);
});

async function signInWith(api: Api, email: string, password: string) {
  await signIn(api, email, password);
  return lastLine(api, "session") as { readonly sessionId?: string };
}

test("ends every session of every user without a server", async () => {
  const url = await newUnsharedUrl();
  const folder = newFolder();
  const api = await startApi({ DATABASE_URL: url });
  const [ada, bob] = [await api.register("Ada"), await api.register("Bob")];
  await rows(
    api.server.database,
    `insert into sessions (id, user_id, created_at, last_used_at, expires_at)
      select 'session_' || n.id || m.id, n.id, 0, 0, 99999999999999 from users n cross join users m`,
  );
  await api.stop();
  const { json, err } = await postern(["sessions", "end", "--all", "--yes", "--json"], {
    folder,
    env: { DATABASE_URL: url },
    clock: api.clock,
  });
  expect(json).toEqual({ endedCount: 6 });
  expect(JSON.parse(err)).toMatchObject({ event: "session ended", count: 6 });
  const again = await startApi({ DATABASE_URL: url });
  for (const { token } of [ada, bob]) {
    const { body } = await again.send("{ me { name } }", { token });
    expect(body.errors![0]!.extensions["reason"]).toBe("SESSION_REVOKED");
  }
});
