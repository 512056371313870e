import { once } from "node:events";
import { Agent, request, type IncomingMessage } from "node:http";
import { connect, createServer, type AddressInfo } from "node:net";

import { expect, inject, onTestFinished, test } from "vitest";
import { WebSocket } from "ws";

import { startApi } from "../../support/api.js";
import { newDatabaseUrl } from "../../support/database.js";
import { newFolder } from "../../support/files.js";
import { end, startProcess, type Running } from "../../support/process.js";

type Asked = { readonly query: string; readonly variables?: object; readonly token?: string };

/** One request on whatever connection the agent has. */
async function askOnce(
  agent: Agent,
  url: string,
  { query, variables, token }: Asked,
): Promise<{ status: number; body: any }> {
  const asked = request(url, {
    method: "POST",
    agent,
    headers: { "content-type": "application/json", ...(token !== undefined && { authorization: `Bearer ${token}` }) },
  });
  asked.end(JSON.stringify({ query, variables }));
  const [response] = (await once(asked, "response")) as [IncomingMessage];
  // The request was accepted: from here on, nothing may fail.
  try {
    let text = "";
    for await (const chunk of response) text += String(chunk);
    return { status: response.statusCode!, body: JSON.parse(text) };
  } catch (error) {
    throw new Error("an answer broke off", { cause: error });
  }
}

// There was no connection, or it was closed before anything came back.
const isConnectionError = (error: unknown): boolean =>
  error instanceof Error && "code" in error && ["ECONNREFUSED", "ECONNRESET", "EPIPE"].includes(String(error.code));

/** Makes a client of several servers, which tries the next one if it has no connection. */
function makeClient(urls: readonly string[]) {
  const agent = new Agent({ keepAlive: true });
  onTestFinished(() => agent.destroy());
  let turn = 0;
  return async (asked: Asked) => {
    for (;;) {
      try {
        return await askOnce(agent, urls[turn++ % urls.length]!, asked);
      } catch (error) {
        if (!isConnectionError(error)) throw error;
      }
    }
  };
}

async function freePorts(count: number): Promise<string[]> {
  const servers = Array.from({ length: count }, () => createServer().listen(0, "127.0.0.1"));
  await Promise.all(servers.map((server) => once(server, "listening")));
  const ports = servers.map((server) => String((server.address() as AddressInfo).port));
  await Promise.all(servers.map((server) => new Promise((closed) => server.close(closed))));
  return ports;
}

const register = `mutation { register(input: { email: "a@example.com", name: "A", password: "a long password" }) { accessToken } }`;
const create = `mutation ($title: String!) { createPost(input: { title: $title, content: "…" }) { post { title } } }`;
const list =
  "query ($after: String) { posts(first: 100, after: $after) { nodes { title } pageInfo { hasNextPage endCursor } } }";

test("two processes restart in turn, unnoticed by clients that try other connections", async () => {
  const folder = newFolder();
  const ports = await freePorts(2);
  const database = await newDatabaseUrl();
  const start = (port: string): Promise<Running> => startProcess(folder, { PORT: port, DATABASE_URL: database });
  const running = [await start(ports[0]!), await start(ports[1]!)];
  const urls = running.map(({ url }) => url);
  const ask = makeClient(urls);
  const token: string = (await ask({ query: register })).body.data.register.accessToken;

  const restarting = { isOver: false };
  const acknowledged: string[] = [];
  const load = async (client: number): Promise<void> => {
    for (let count = 0; !restarting.isOver; count += 1) {
      const title = `${client} ${count}`;
      const read = await ask({ query: "{ me { name } }", token });
      expect(read).toEqual({ status: 200, body: { data: { me: { name: "A" } } } });
      const written = await ask({ query: create, variables: { title }, token });
      expect(written).toEqual({ status: 200, body: { data: { createPost: { post: { title } } } } });
      acknowledged.push(title);
    }
  };
  const restart = async (): Promise<void> => {
    try {
      for (const index of [0, 1]) {
        const old = running[index]!;
        const socket = new WebSocket(old.url.replace("http", "ws"), "graphql-transport-ws");
        await once(socket, "open");
        const closed = once(socket, "close");
        expect(await end(old, "SIGTERM")).toBe(0);
        expect((await closed)[0]).toBe(1012);
        // What it had begun with it has answered.
        expect(old.output()).not.toContain('"aborted":true');
        expect(old.output().trimEnd().split("\n").at(-1)).toContain('"msg":"stopped"');
        running[index] = await start(ports[index]!);
      }
    } finally {
      restarting.isOver = true;
    }
  };
  await Promise.all([restart(), ...Array.from({ length: 8 }, (_, client) => load(client))]);

  // None was lost, and none that was tried again had been done already.
  const found: string[] = [];
  for (let after: string | undefined, more = true; more;) {
    const { nodes, pageInfo } = (await ask({ query: list, variables: { after }, token })).body.data.posts;
    found.push(...nodes.map(({ title }: { title: string }) => title));
    ({ endCursor: after, hasNextPage: more } = pageInfo);
  }
  expect(found.toSorted()).toEqual(acknowledged.toSorted());
  expect(found.length).toBeGreaterThan(100);
});

// The same on every database.
const isOnce = inject("database") === "sqlite";

test.runIf(isOnce).each(["1", "2"])(
  "with %s worker reports that it is stopping, and keeps answering, until a second signal",
  async (workers) => {
    const running = await startProcess(newFolder(), {
      WORKERS: workers,
      DATABASE_URL: await newDatabaseUrl(),
      SHUTDOWN_DELAY: "1h",
    });
    const fresh = new Agent();
    const readiness = new URL("/readyz", running.url);
    const statusOf = async () => {
      const asked = request(readiness, { agent: fresh }).end();
      const [response] = (await once(asked, "response")) as [IncomingMessage];
      response.resume();
      return response.statusCode;
    };
    expect(await statusOf()).toBe(200);

    running.process.kill("SIGTERM");
    // Each worker has its turn, and hears of it when it does.
    for (let unready = 0; unready < 4; unready = (await statusOf()) === 503 ? unready + 1 : 0);
    expect(await askOnce(fresh, running.url, { query: "{ __typename }" })).toEqual({
      status: 200,
      body: { data: { __typename: "Query" } },
    });

    const closed = once(running.process, "close");
    running.process.kill("SIGINT");
    expect(await closed).toEqual([null, "SIGINT"]);
  },
);

test.runIf(isOnce)(
  "announces the end of the connection to waiting clients, and doesn't wait for idle connections",
  async () => {
    const api = await startApi({ HEADERS_TIMEOUT: "1h", REQUEST_TIMEOUT: "1h" });
    const { port, hostname } = new URL(api.url);
    const [silent, asking] = [connect(Number(port), hostname), connect(Number(port), hostname)];
    const closed = once(silent, "close");
    await Promise.all([once(silent, "connect"), once(asking, "connect")]);
    const body = '{"query":"{ __typename }"}';
    asking.write(
      `POST /graphql HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: ${body.length}\r\n\r\n{`,
    );
    // By then its head has been read.
    await api.fetch("/healthz");
    const stopped = api.server.stop();
    await closed;

    asking.write(body.slice(1));
    let answer = "";
    for await (const chunk of asking) answer += String(chunk);
    expect(answer).toMatch(/^HTTP\/1.1 200 OK\r\n[^]*\r\nconnection: close\r\n[^]*"data":\{"__typename":"Query"\}/i);
    await stopped;
  },
);
