import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { writeFileSync } from "node:fs";
import { join } from "node:path";

import { expect, onTestFinished, test } from "vitest";

import { newFolder } from "../../support/files.js";
import { follow } from "../../support/live.js";
import { freePort } from "../../support/postgres-server.js";
import { ask, startProcess } from "../../support/process.js";
import { drawn } from "../../support/promql.js";

const hasPrometheus = spawnSync("prometheus", ["--version"]).status === 0;

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
