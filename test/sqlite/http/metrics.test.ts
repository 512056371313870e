import { execFileSync, spawnSync } from "node:child_process";
import { once } from "node:events";
import { readFileSync, writeFileSync } from "node:fs";
import { request, type IncomingMessage } from "node:http";
import { join } from "node:path";

import { expect, test } from "vitest";

import { definitions, processDefinitions } from "../../../src/foundation/metrics/definitions.js";
import { metricsList, withList } from "../../../src/foundation/metrics/metrics-page.js";
import { startApi, type Api } from "../../support/api.js";
import { newDatabaseUrl } from "../../support/database.js";
import { newFolder } from "../../support/files.js";
import { follow, openSocket } from "../../support/live.js";
import { createPost } from "../../support/posts.js";
import { hideTable } from "../../support/rows.js";
import { end, failProcess, startProcess } from "../../support/process.js";

/** Each series with its value, as `name{label="value"}`. */
function seriesIn(text: string): Map<string, number> {
  const lines = text.split("\n").filter((line) => line !== "" && !line.startsWith("#"));
  return new Map(
    lines.map((line) => [line.slice(0, line.lastIndexOf(" ")), Number(line.slice(line.lastIndexOf(" ")))]),
  );
}

async function scrape(api: Api): Promise<Map<string, number>> {
  api.timer.ring();
  return seriesIn((await api.fetch("/metrics")).text);
}

const hasPromtool = spawnSync("promtool", ["--version"]).status === 0;

test("METRICS=off serves no metrics: /metrics is unknown like any other path", async () => {
  const api = await startApi({ CORS_ORIGINS: "*" });
  const origin = { headers: { origin: "https://app.example.com" } };
  const [metrics, nothing] = [await api.fetch("/metrics", origin), await api.fetch("/nothing", origin)];
  const said = ({ status, text, headers }: typeof metrics) => {
    const { date: _date, "x-request-id": _id, ...others } = Object.fromEntries(headers);
    return { status, text, others };
  };
  expect(said(metrics)).toEqual(said(nothing));
  expect(metrics.status).toBe(404);
});

test("METRICS=on serves metrics to no web page and no cache, and collects them once a second", async () => {
  const api = await startApi({ METRICS: "on", CORS_ORIGINS: "*" });
  const headers = { origin: "https://app.example.com" };
  const before = await api.fetch("/metrics", { headers });
  const told = Object.fromEntries(before.headers);
  expect(told).toMatchObject({
    "content-type": "text/plain; version=0.0.4; charset=utf-8",
    "cache-control": "no-store",
  });
  expect(Object.keys(told).filter((name) => name.startsWith("access-control-"))).toEqual([]);
  await api.send("{ __typename }");
  expect((await api.fetch("/metrics")).text).toBe(before.text);
  expect(await scrape(api)).not.toEqual(seriesIn(before.text));
  expect(api.logged().map(({ path }) => path)).toEqual(["/graphql"]);
});

test("counts operations by root field, status and code, and never by the client's name for them", async () => {
  const api = await startApi({ METRICS: "on" });
  const ada = await api.register("Ada");
  for (let index = 0; index < 100; index += 1) await ada.send(`query Name${index} { me { id } }`);
  await ada.send("{ me { id } again: me { id } posts { totalCount } }");
  await api.send("{ me { id } }");
  await api.send("{ me { id }", { token: "nonsense" });
  await api.fetch("/nothing");

  const found = await scrape(api);
  const requests = [...found].filter(([name]) => name.startsWith("postern_http_requests_total"));
  expect(Object.fromEntries(requests)).toEqual({
    'postern_http_requests_total{operation="register",status="200",code="OK"}': 1,
    'postern_http_requests_total{operation="me",status="200",code="OK"}': 100,
    'postern_http_requests_total{operation="me",status="401",code="UNAUTHENTICATED"}': 1,
    'postern_http_requests_total{operation="other",status="200",code="OK"}': 1,
    'postern_http_requests_total{operation="none",status="400",code="GRAPHQL_PARSE_FAILED"}': 1,
    'postern_http_requests_total{operation="none",status="404",code="NOT_FOUND"}': 1,
  });
  expect(found.get('postern_http_request_duration_seconds_count{operation="me"}')).toBe(101);
  expect(found.get('postern_http_request_duration_seconds_sum{operation="me"}')).toBeGreaterThan(0);
  expect(found.get('postern_credential_refusals_total{reason="TOKEN_MISSING"}')).toBe(1);
});

test("labels at most 50 operations of trusted documents by name", async () => {
  const file = join(newFolder(), "documents.json");
  const names = Array.from({ length: 60 }, (_, index) => `Known${index}`);
  writeFileSync(file, JSON.stringify(Object.fromEntries(names.map((name) => [name, `query ${name} { __typename }`]))));
  const api = await startApi({ METRICS: "on", TRUSTED_DOCUMENTS: file });
  for (const name of names) await api.send(`query ${name} { __typename }`);
  await api.send("query Unknown { __typename }");

  const counted = [...(await scrape(api))].filter(([name]) => name.startsWith("postern_http_requests_total"));
  expect(counted).toHaveLength(52);
  const other = (more: string) => `postern_http_requests_total{operation="other",${more}}`;
  expect(new Map(counted).get(other('status="200",code="OK"'))).toBe(10);
  expect(new Map(counted).get(other('status="400",code="BAD_REQUEST"'))).toBe(1);
});

test("counts opened, refreshed and ended sessions, and refused attempts", async () => {
  const api = await startApi({ METRICS: "on" });
  const ada = await api.register("Ada");
  const login = (password: string) =>
    api.send("mutation ($input: LoginInput!) { login(input: $input) { accessToken } }", {
      variables: { input: { email: ada.email, password } },
    });
  await login(ada.password);
  for (let guess = 0; guess < 11; guess += 1) await login("a wrong guess");
  const refresh = () =>
    api.send("mutation ($t: String!) { refreshSession(input: { refreshToken: $t }) { refreshToken } }", {
      variables: { t: ada.refreshToken },
    });
  await refresh();
  await ada.send("mutation { logout { endedSessions } }");
  await refresh();
  await ada.send("{ me { id } }");

  const found = await scrape(api);
  const of = (name: string) => found.get(`postern_${name}`);
  expect({
    opened: [of('sessions_opened_total{cause="register"}'), of('sessions_opened_total{cause="login"}')],
    renewed: of("sessions_renewed_total"),
    ended: of('sessions_ended_total{cause="logout"}'),
    wrong: of('attempts_refused_total{what="sign_in",cause="INVALID_CREDENTIALS"}'),
    throttled: of('attempts_refused_total{what="sign_in",cause="TOO_MANY_ATTEMPTS"}'),
    refresh: of('attempts_refused_total{what="refresh",cause="SESSION_REVOKED"}'),
    credential: of('credential_refusals_total{reason="SESSION_REVOKED"}'),
  }).toEqual({ opened: [1, 1], renewed: 1, ended: 1, wrong: 10, throttled: 1, refresh: 1, credential: 1 });
});

test("counts WebSockets, their events and their close codes", async () => {
  const api = await startApi({ METRICS: "on" });
  const ada = await api.register("Ada");
  const socket = await follow(api, ada.token);
  await socket.event();
  await createPost(ada);
  await socket.event();
  const open = await scrape(api);
  const of = (name: string) => open.get(`postern_${name}`);
  expect([of("sockets"), of("streams"), of("subscriptions"), of("events_total"), of("events_sent_total")]).toEqual([
    1, 0, 1, 1, 1,
  ]);
  expect(of('socket_operations_total{operation="postEvents",code="OK"}')).toBe(1);

  const unknown = await openSocket(api);
  unknown.close(4999);
  await unknown.closed;
  socket.close(1000);
  await socket.closed;
  let closed = await scrape(api);
  while (closed.get("postern_sockets") !== 0) closed = await scrape(api);
  expect(closed.get('postern_socket_closes_total{code="other"}')).toBe(1);
  expect(closed.get('postern_socket_closes_total{code="1000"}')).toBe(1);
  expect(closed.get("postern_subscriptions")).toBe(0);
});

test("counts errors of the database, and reports queues", async () => {
  const api = await startApi({ METRICS: "on" });
  const ada = await api.register("Ada");
  expect((await scrape(api)).get('postern_database_errors_total{kind="other"}')).toBe(0);
  await hideTable(api.server.database, "votes");
  await ada.send("{ posts { nodes { viewerHasVoted } } }");
  const found = await scrape(api);
  expect(found.get('postern_database_errors_total{kind="other"}')).toBe(1);
  for (const queue of ["short_reads", "slow_reads", "writes", "passwords"])
    expect(found.get(`postern_queue_length{queue="${queue}"}`)).toBe(0);
  for (const pool of ["reads", "writes", "passwords"]) {
    expect(found.get(`postern_pool_busy{pool="${pool}"}`)).toBe(0);
    expect(found.get(`postern_pool_places{pool="${pool}"}`)).toBeGreaterThan(0);
  }
});

test("reveals nothing about users: no name, email, id, token or text", async () => {
  const api = await startApi({ METRICS: "on" });
  const ada = await api.register("Ada");
  const id = await createPost(ada);
  await ada.send(`query Secret_ada_example_com { post(id: "${id}") { id title } }`);
  await ada.send(`query { alias_of_ada: me { id } }`, { headers: { "user-agent": "agent of ada" } });
  const { text } = await api.fetch("/metrics");
  for (const secret of [
    ada.id,
    ada.sessionId,
    ada.email,
    ada.token,
    ada.refreshToken,
    id,
    "Secret",
    "alias",
    "agent of",
  ])
    expect(text).not.toContain(secret);
});

test("docs/operations.md lists exactly the metrics that exist (if not: npm run settings)", async () => {
  const words = (text: string) => text.replaceAll(/[-\s]+/g, " ");
  const page = readFileSync("docs/operations.md", "utf8");
  expect(words(page)).toBe(words(withList(page, "metrics", metricsList())));
  const api = await startApi({ METRICS: "on" });
  const { text } = await api.fetch("/metrics");
  const named = Array.from(text.matchAll(/^# TYPE (\S+) /gm), ([, name]) => name!);
  expect(named.toSorted()).toEqual([...Object.keys(definitions), ...Object.keys(processDefinitions)].toSorted());
});

test.runIf(hasPromtool)("promtool, if it is installed, accepts the metrics", async () => {
  const api = await startApi({ METRICS: "on" });
  const ada = await api.register("Ada");
  await follow(api, ada.token);
  const { text } = await api.fetch("/metrics");
  expect(execFileSync("promtool", ["check", "metrics"], { input: text, encoding: "utf8" })).toBe("");
});

/** A request on a connection of its own, so that any worker may get it. */
async function get(url: string | URL): Promise<{ status: number; text: string }> {
  const [response] = (await once(request(url, { agent: false }).end(), "response")) as [IncomingMessage];
  let text = "";
  for await (const chunk of response) text += String(chunk);
  return { status: response.statusCode!, text };
}

test.each(["0", "on"])("METRICS=%s sums up all workers, including ended ones", async (setting) => {
  const env = { WORKERS: "2", METRICS: setting, DATABASE_URL: await newDatabaseUrl() };
  const running = await startProcess(newFolder(), env);
  const address = setting === "on" ? new URL("/metrics", running.url) : running.ready["metrics"];
  const asked = 'postern_http_requests_total{operation="other",status="200",code="OK"}';
  /** Waits until the metrics say so: they are collected once a second. */
  const until = async (isSo: (found: Map<string, number>) => boolean): Promise<Map<string, number>> => {
    for (;;) {
      const { status, text } = await get(address);
      expect(status).toBe(200);
      if (isSo(seriesIn(text))) return seriesIn(text);
    }
  };
  const query = new URL("?query={__typename}", running.url);
  for (let count = 0; count < 10; count += 1) expect((await get(query)).status).toBe(200);
  const found = await until((series) => series.get(asked) === 10);
  expect(found.get(`postern_build_info{version="${running.ready["name"].split(" ")[1]}"}`)).toBe(2);

  const pids = execFileSync("ps", ["-A", "-o", "pid=,ppid="], { encoding: "utf8" }).trim().split("\n");
  const processes = pids.map((line) => line.trim().split(/\s+/).map(Number));
  process.kill(processes.find(([, parent]) => parent === running.process.pid)![0]!, "SIGKILL");
  await running.says("another worker has taken its place");
  await get(query);
  // A smaller sum would look like a restarted server.
  await until((series) => series.get(asked) === 11);

  if (setting === "0") {
    expect((await get(new URL("/", address))).status).toBe(404);
    expect((await get(new URL("/metrics", running.url))).status).toBe(404);
  }
  expect(await end(running, "SIGTERM")).toBe(0);
});

test("collects metrics at most once a second on a port of its own as well", async () => {
  const api = await startApi({ METRICS: "9464" });
  const before = await api.server.metricsText!();
  await api.send("{ __typename }");
  expect(await api.server.metricsText!()).toBe(before);
  api.timer.ring();
  expect(await api.server.metricsText!()).not.toBe(before);
  expect((await api.fetch("/metrics")).status).toBe(404);
});

test("ends with 1 and one line if the port of METRICS is in use", async () => {
  const { port } = new URL((await startApi()).url);
  const { code, err } = await failProcess(newFolder(), { METRICS: port });
  expect({ code, err }).toEqual({
    code: 1,
    err: "METRICS must name a port that this server can have (EADDRINUSE), for example METRICS=9464\n",
  });
});
