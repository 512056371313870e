import { once } from "node:events";
import { existsSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { request, type IncomingMessage } from "node:http";
import { join } from "node:path";

import { expect, onTestFinished, test } from "vitest";
import { WebSocket } from "ws";

import { newFolder } from "../../support/files.js";
import { end, failProcess, startProcess, type Running } from "../../support/process.js";

/** One request on a Unix socket; from `client`, a proxy says. */
async function askOn(socketPath: string, body?: object, client?: string): Promise<{ status: number; body: any }> {
  const asked = request({
    socketPath,
    path: body === undefined ? "/readyz" : "/graphql",
    method: body === undefined ? "GET" : "POST",
    headers: { host: "localhost", "content-type": "application/json", ...(client && { "x-forwarded-for": client }) },
  });
  asked.end(body && JSON.stringify(body));
  const [response] = (await once(asked, "response")) as [IncomingMessage];
  let text = "";
  for await (const chunk of response) text += String(chunk);
  return { status: response.statusCode!, body: JSON.parse(text) };
}

function start(env: Record<string, string> = {}): { folder: string; path: string; run: () => Promise<Running> } {
  const folder = newFolder();
  const path = join(folder, "http.sock");
  return { folder, path, run: () => startProcess(folder, { HOST: `unix:${path}`, ...env }) };
}

test("serves a Unix socket for its owner and group, HTTP and WebSockets, and removes it when it stops", async () => {
  const { path, run } = start();
  const running = await run();

  expect(running.url).toBe(`unix:${path}:/graphql`);
  expect(statSync(path).mode & 0o777).toBe(0o660);
  expect(await askOn(path)).toEqual({ status: 200, body: { status: "ready" } });
  expect((await askOn(path, { query: "{ __typename }" })).body).toEqual({ data: { __typename: "Query" } });
  const socket = new WebSocket(`ws+unix:${path}:/graphql`, "graphql-transport-ws");
  onTestFinished(() => socket.terminate());
  await once(socket, "open");

  expect(await end(running, "SIGTERM")).toBe(0);
  expect(existsSync(path)).toBe(false);
});

test("replaces a socket that a killed server left, but none on which another listens; with workers too", async () => {
  const { folder, path, run } = start({ WORKERS: "2", METRICS: "0" });
  await end(await run(), "SIGKILL");
  expect(existsSync(path)).toBe(true);

  const running = await run();
  expect(running.ready["metrics"]).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/metrics$/);
  expect(await failProcess(folder, { HOST: `unix:${path}` })).toEqual({
    code: 1,
    out: "",
    err: `${path} is in use: stop what listens there, or set HOST to another socket\n`,
  });
  expect((await askOn(path)).status).toBe(200);
  expect(await end(running, "SIGTERM")).toBe(0);
  expect(existsSync(path)).toBe(false);
});

test("leaves a file alone that isn't a socket", async () => {
  const { folder, path } = start();
  writeFileSync(path, "kept");
  const { code, err } = await failProcess(folder, { HOST: `unix:${path}` });
  expect([code, err]).toEqual([1, `${path} is in use: stop what listens there, or set HOST to another socket\n`]);
  expect(readFileSync(path, "utf8")).toBe("kept");
});

const guess = {
  query: `mutation { login(input: { email: "a@example.com", password: "a wrong guess" }) { expiresAt } }`,
};
const invalid = "INVALID_CREDENTIALS";

test.each([
  { trusted: {}, other: "TOO_MANY_ATTEMPTS" },
  { trusted: { TRUST_PROXY: "unix" }, other: invalid },
])("clients of a socket are told apart if it is trusted: $trusted", async ({ trusted, other }) => {
  const { path, run } = start(trusted);
  await run();
  const email = (count: number) => ({ query: guess.query.replace("a@", `a${count}@`) });
  const codeFrom = async (client: string, count: number) =>
    (await askOn(path, email(count), client)).body.errors[0].extensions.code;
  let code: string | undefined;
  for (let count = 0; count < 500 && code !== "TOO_MANY_ATTEMPTS"; count += 1)
    code = await codeFrom("198.51.100.1", count);
  expect(code).toBe("TOO_MANY_ATTEMPTS");
  expect(await codeFrom("203.0.113.1", 1000)).toBe(other);
});
