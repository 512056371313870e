import { once } from "node:events";
import { connect, createServer, type AddressInfo, type Socket } from "node:net";

import { Client } from "pg";
import sqlite3 from "sqlite3";
import { expect, inject, onTestFinished, test } from "vitest";

import { systemClock, systemTimer } from "../../../src/foundation/clock.js";
import { readConfig } from "../../../src/foundation/config/read-config.js";
import { makeLog } from "../../../src/foundation/log.js";
import { startServer } from "../../../src/server/server.js";
import { testSecret } from "../../../src/testing/test-server.js";
import { startApi } from "../../support/api.js";
import { newDatabaseUrl } from "../../support/database.js";
import { rows } from "../../support/rows.js";
import { countStatements } from "../../support/statements.js";

const onPostgresql = inject("database") === "postgresql";
const ready = { status: 200, body: { status: "ready" } };
const unready = (reason: string) => ({
  status: 503,
  body: { status: "not ready", reason, message: expect.any(String) },
});

test("answers probes that it runs and is ready, whatever credential they send, and logs only failures", async () => {
  const api = await startApi();
  const headers = { authorization: "Bearer nonsense" };

  const answers = [await api.fetch("/healthz", { headers }), await api.fetch("/readyz?from=probe", { headers })];

  expect(answers).toMatchObject([{ status: 200, body: { status: "ok" } }, ready]);
  for (const path of ["/healthz", "/readyz"]) {
    const { status, text } = await api.fetch(path, { method: "HEAD" });
    expect({ status, text }).toEqual({ status: 200, text: "" });
    const wrong = await api.fetch(path, { method: "POST" });
    expect({ status: wrong.status, allow: wrong.headers.get("allow") }).toEqual({ status: 405, allow: "GET, HEAD" });
  }
  expect(api.logged()).toEqual([]);
});

test.each(["/healthz", "/readyz"])("%s is not cached, and no page of another origin can read it", async (path) => {
  const api = await startApi({ CORS_ORIGINS: "*" });
  const { headers } = await api.fetch(path, { headers: { origin: "https://app.example.com" } });
  const told = Object.fromEntries(headers);
  expect(told).toMatchObject({ "cache-control": "no-store", "cross-origin-resource-policy": "same-origin" });
  expect(Object.keys(told).filter((name) => name.startsWith("access-control-"))).toEqual([]);
  const preflight = await api.fetch(path, {
    method: "OPTIONS",
    headers: { origin: "https://app.example.com", "access-control-request-method": "GET" },
  });
  expect(preflight.status).toBe(405);
  expect(preflight.headers.get("access-control-allow-origin")).toBeNull();
});

test("isn't ready without its migrations or its event log, says why, and is ready again when they are back", async () => {
  const api = await startApi();
  const { database } = api.server;
  /** Returns its answer after the one before has expired. */
  const asked = async () => {
    api.timer.ring();
    const { status, body } = await api.fetch("/readyz");
    return { status, body };
  };
  const last = database.engine.migrations.at(-1)!.name;
  expect(await asked()).toEqual(ready);

  await rows(database, "update migrations set name = 'of a later version' where name = ?", [last]);
  const { body } = await asked();
  expect(body).toEqual(unready("MIGRATIONS").body);
  expect((body as { message: string }).message).toContain(last);
  // One that a newer version has added is no trouble.
  await rows(database, "insert into migrations (name) values (?)", [last]);
  expect(await asked()).toEqual(ready);
  await rows(database, "delete from migrations where name = 'of a later version'");

  await rows(database, "alter table events rename to events_elsewhere");
  expect(await asked()).toEqual(unready("EVENT_LOG"));
  await rows(database, "alter table events_elsewhere rename to events");
  expect(await asked()).toEqual(ready);

  const told = api.logged().map(({ level, msg, reason }) => [level, msg, reason]);
  expect(told).toEqual([
    [40, "not ready", "MIGRATIONS"],
    [30, "ready again", undefined],
    [40, "not ready", "EVENT_LOG"],
    [30, "ready again", undefined],
  ]);
});

test("queries the database once for simultaneous probes, and for a second afterwards", async () => {
  const api = await startApi();
  const counted = countStatements();
  // A server that has just started renews words meanwhile.
  const asked = () => counted().filter((text) => /from migrations|from events|pg_is_in_recovery/.test(text));
  const askFifty = () => Promise.all(Array.from({ length: 50 }, () => api.fetch("/readyz")));

  for (const answers of [await askFifty(), await askFifty()])
    for (const { status, body } of answers) expect({ status, body }).toEqual(ready);
  // On PostgreSQL one more, for whether it takes writes.
  const statements = onPostgresql ? 3 : 2;
  expect(asked()).toHaveLength(statements);

  api.timer.ring();
  await askFifty();
  expect(asked()).toHaveLength(2 * statements);
});

test.runIf(onPostgresql)("isn't ready if the database keeps it waiting or is gone", async () => {
  const url = await newDatabaseUrl();
  // The server reaches it through this.
  const { hostname, port } = new URL(url);
  const passed = new Set<Socket>();
  const gate = createServer((socket) => {
    const on = connect(Number(port), hostname);
    for (const one of [socket, on]) {
      passed.add(one);
      one.on("error", () => {}).on("close", () => [socket, on].forEach((each) => void each.destroy()));
    }
    socket.pipe(on).pipe(socket);
  }).listen(0, "127.0.0.1");
  onTestFinished(() => void gate.close());
  await once(gate, "listening");
  const throughGate = Object.assign(new URL(url), { host: `127.0.0.1:${(gate.address() as AddressInfo).port}` });
  const api = await startApi({ DATABASE_URL: throughGate.href });
  const ask = async () => {
    const { status, body } = await api.fetch("/readyz");
    return { status, body };
  };

  const other = new Client({ connectionString: url });
  await other.connect();
  onTestFinished(() => other.end());
  await other.query("begin; lock table migrations in access exclusive mode");
  const waiting = ask();
  for (;;) {
    const { rows: blocked } = await other.query(
      "select 1 from pg_locks where not granted and relation = 'migrations'::regclass",
    );
    if (blocked.length > 0) break;
  }
  api.timer.elapse(2000);
  expect(await waiting).toEqual(unready("DATABASE"));
  await other.query("rollback");
  api.timer.ring();
  expect(await ask()).toEqual(ready);

  gate.close();
  for (const socket of passed) socket.destroy();
  api.timer.ring();
  expect(await ask()).toEqual(unready("DATABASE"));
  expect((await api.fetch("/healthz")).status).toBe(200);
});

test("reports that it is stopping, and still answers", async () => {
  const api = await startApi();
  api.server.drain();
  expect(await api.fetch("/readyz")).toMatchObject(unready("STOPPING"));
  expect(await api.fetch("/healthz")).toMatchObject({ status: 200 });
  expect((await api.send("{ __typename }")).body).toEqual({ data: { __typename: "Query" } });
});

test.runIf(!onPostgresql)("reports that it is starting, and lets operations wait until it has started", async () => {
  const url = await newDatabaseUrl();
  const file = new sqlite3.Database(url.slice("sqlite:".length));
  const run = (statement: string) =>
    new Promise<void>((done, fail) => void file.exec(statement, (error) => (error === null ? done() : fail(error))));
  // Nothing can be migrated meanwhile.
  await run("pragma journal_mode = wal; begin immediate");
  const taken = createServer().listen(0, "127.0.0.1");
  await once(taken, "listening");
  const { port } = taken.address() as AddressInfo;
  await new Promise((closed) => taken.close(closed));
  const { config } = readConfig({ PORT: String(port), DATABASE_URL: url, JWT_SECRET: testSecret });
  const log = makeLog("silent", systemClock, { write: () => {} });
  const starting = startServer({ config, clock: systemClock, timer: systemTimer, log });
  const at = (path: string) => `http://127.0.0.1:${port}${path}`;
  const json = { "content-type": "application/json" };

  let answer: Response | undefined;
  while (answer === undefined) answer = await fetch(at("/readyz")).catch(() => undefined);
  expect({ status: answer.status, body: await answer.json() }).toEqual(unready("STARTING"));
  expect((await fetch(at("/healthz"))).status).toBe(200);
  const asked = fetch(at("/graphql"), { method: "POST", headers: json, body: '{"query":"{ __typename }"}' });
  // Another answer later, it is there.
  await (await fetch(at("/healthz"))).text();
  await run("commit");
  await new Promise((closed) => file.close(closed));

  expect(await (await asked).json()).toEqual({ data: { __typename: "Query" } });
  const server = await starting;
  onTestFinished(server.stop);
  expect((await fetch(at("/readyz"))).status).toBe(200);
});
