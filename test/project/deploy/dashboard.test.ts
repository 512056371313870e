import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import { expect, onTestFinished, test } from "vitest";

import { dashboard } from "../../../scripts/monitoring/dashboard.js";
import { panels } from "../../../scripts/monitoring/panels.js";
import { newFolder } from "../../support/files.js";
import { follow } from "../../support/live.js";
import { freePort } from "../../support/postgres-server.js";
import { ask, startProcess } from "../../support/process.js";
import { measured, readPromql } from "../../support/promql.js";

const hasPrometheus = spawnSync("prometheus", ["--version"]).status === 0;

/** The queries of all panels, with values for Grafana's variables. */
const drawn = Object.values(panels)
  .flat()
  .flatMap(({ title, lines }) => Object.entries(lines).map(([legend, line]) => ({ title, legend, line })))
  .map(({ line, ...rest }) => ({
    ...rest,
    expression: line.replaceAll("$instance", ".*").replaceAll("$__rate_interval", "30s"),
  }));

test.each(drawn)("$title, $legend, queries existing metrics in valid PromQL", ({ expression, legend }) => {
  const { isWhole, metrics } = readPromql(expression);
  expect(isWhole).toBe(true);
  expect(metrics.length).toBeGreaterThan(0);
  expect(measured).toEqual(expect.arrayContaining([...metrics]));
  // A label that the result hasn't would be a line without a name.
  for (const [, label] of legend.matchAll(/\{\{(\w+)\}\}/g))
    if (label !== "instance") expect(expression).toMatch(new RegExp(String.raw`by \([^)]*\b${label}\b`));
});

test("every metric has a panel", () => {
  const seen = new Set(drawn.flatMap(({ expression }) => readPromql(expression).metrics));
  expect(measured.filter((name) => !seen.has(name))).toEqual([]);
});

test("deploy/dashboard.json is up to date (if not: npm run settings), and no panels overlap", () => {
  const text = readFileSync("deploy/dashboard.json", "utf8");
  expect(text).toBe(dashboard());
  type Place = { readonly x: number; readonly y: number; readonly w: number; readonly h: number };
  const { panels: all } = JSON.parse(text) as { panels: { id: number; gridPos: Place; targets?: object[] }[] };
  expect(new Set(all.map(({ id }) => id)).size).toBe(all.length);
  const cells = all.flatMap(({ gridPos: { x, y, w, h } }) =>
    Array.from({ length: w * h }, (_, cell) => `${x + (cell % w)},${y + Math.floor(cell / w)}`),
  );
  expect(new Set(cells).size).toBe(cells.length);
  expect(cells.every((cell) => Number(cell.split(",")[0]) < 24)).toBe(true);
  expect(all.flatMap(({ targets = [] }) => targets)).toHaveLength(drawn.length);
});

/** Starts a Prometheus that asks a server every second, and gives what it answers to an expression. */
async function startPrometheus(metrics: string): Promise<(expression: string) => Promise<unknown[]>> {
  const [folder, port] = [newFolder(), await freePort()];
  const configuration = join(folder, "prometheus.yml");
  const job = { job_name: "postern", static_configs: [{ targets: [new URL(metrics).host] }] };
  // JSON is YAML as well.
  writeFileSync(configuration, JSON.stringify({ global: { scrape_interval: "1s" }, scrape_configs: [job] }));
  const prometheus = spawn(
    "prometheus",
    [
      `--config.file=${configuration}`,
      `--storage.tsdb.path=${join(folder, "data")}`,
      `--web.listen-address=127.0.0.1:${port}`,
    ],
    { stdio: ["ignore", "ignore", "pipe"] },
  );
  const ended = once(prometheus, "exit");
  onTestFinished(async () => {
    prometheus.kill("SIGTERM");
    await ended;
  });
  let said = "";
  prometheus.stderr.on("data", (chunk) => (said += chunk));
  while (!said.includes("Server is ready")) {
    await Promise.race([once(prometheus.stderr, "data"), ended]);
    if (prometheus.exitCode !== null) throw new Error(`prometheus ended: ${said}`);
  }
  return async (expression) => {
    const url = new URL(`http://127.0.0.1:${port}/api/v1/query`);
    url.searchParams.set("query", expression);
    const { status, data, error } = (await (await fetch(url)).json()) as {
      status: string;
      error?: string;
      data: { result: { value: [number, string] }[] };
    };
    if (status !== "success") throw new Error(`${expression}: ${error}`);
    return data.result.filter(({ value }) => Number.isFinite(Number(value[1])));
  };
}

// Rates need several scrapes, a second apart; a round takes a good tenth of one.
const mostRounds = 100;

const register =
  'mutation { register(input: { name: "Ada", email: "ada@example.com", password: "correct horse battery" }) { accessToken refreshToken } }';
const login = (password: string) =>
  `mutation { login(input: { email: "ada@example.com", password: "${password}" }) { accessToken } }`;
const refresh =
  "mutation ($token: String!) { refreshSession(input: { refreshToken: $token }) { accessToken refreshToken } }";

test.runIf(hasPrometheus)("a real Prometheus has data for every panel once everything has happened", async () => {
  const { url, ready } = await startProcess(newFolder(), { METRICS: "0" });
  const query = await startPrometheus(ready["metrics"]);
  const { accessToken: token, refreshToken } = (await ask(url, register)).data.register;
  let current: string = refreshToken;

  /** A little of all that is measured. */
  const live = async () => {
    await ask(url, "{ posts { totalCount nodes { title } } me { id } }", {}, token);
    await ask(url, "{ me { id } }");
    await ask(url, login("a wrong guess"));
    const other = (await ask(url, login("correct horse battery"))).data.login.accessToken;
    await ask(url, "mutation { logout { endedSessions } }", {}, other);
    current = (await ask(url, refresh, { token: current })).data.refreshSession.refreshToken;
    const socket = await follow({ url }, token);
    await socket.event();
    await ask(url, 'mutation { createPost(input: { title: "A", content: "B" }) { post { id } } }', {}, token);
    await socket.event();
    socket.subscribe("2", "{ nothing }");
    await socket.next();
    socket.close();
    await socket.closed;
  };
  let missing = drawn;
  for (let round = 0; round < mostRounds && missing.length > 0; round += 1) {
    await live();
    const answers = await Promise.all(missing.map(({ expression }) => query(expression)));
    missing = missing.filter((_, index) => answers[index]!.length === 0);
  }
  expect(missing).toEqual([]);
});
