import { generateKeyPairSync } from "node:crypto";
import { createServer as createHttpServer, type IncomingMessage, type ServerResponse } from "node:http";
import { once } from "node:events";
import type { AddressInfo } from "node:net";

import { contract, createTestServer, type TestServer } from "postern/testing";
import { describe, expect, onTestFinished, test, vi } from "vitest";
import { WebSocket, WebSocketServer } from "ws";

import { createServer } from "../../../src/index.js";
import { newFileUrl } from "../../support/files.js";

/** Runs all checks at once, and gives what those that failed say, by name. */
async function failuresOf(checks: ReturnType<typeof contract>): Promise<Record<string, string>> {
  const outcomes = await Promise.allSettled(checks.map(({ run }) => run()));
  const failed = outcomes.flatMap((outcome, index) =>
    outcome.status === "rejected" ? [[checks[index]!.name, String(outcome.reason.message)] as const] : [],
  );
  return Object.fromEntries(failed);
}

describe("a server with the settings of production", () => {
  test("keeps the contract, with a real clock, and no session is left afterwards", async () => {
    const server = await createServer({
      settings: {
        NODE_ENV: "production",
        PORT: "0",
        DATABASE_URL: newFileUrl(),
        JWT_SECRET: "kept for this test: 83b1c0de77aa4f21",
        LOG_LEVEL: "silent",
      },
    });
    onTestFinished(server.stop);
    const send = async (query: string, token?: string) => {
      const headers = { "content-type": "application/json", ...(token && { authorization: `Bearer ${token}` }) };
      const answer = await fetch(server.url, { method: "POST", headers, body: JSON.stringify({ query }) });
      return ((await answer.json()) as any).data;
    };
    const credentials = `email: "contract@example.com", password: "a password of some length"`;
    const { register } = await send(
      `mutation { register(input: { name: "Contract", ${credentials} }) { accessToken user { sessions { id } } } }`,
    );

    const checks = contract({ url: server.url, email: "contract@example.com", password: "a password of some length" });
    // One after the other, as test runners do it.
    for (const { run } of checks) await run();
    expect(checks.length).toBeGreaterThan(25);

    const { me } = await send("{ me { sessions { id } posts { totalCount } } }", register.accessToken);
    expect(me).toEqual({ sessions: register.user.sessions, posts: { totalCount: 0 } });
  });
});

/** A proxy's changes to an answer, to each part of a stream and to each message of a socket. */
type Altered = {
  readonly answer?: (answer: { status: number; headers: Record<string, any>; text: string }, asked: Asked) => void;
  readonly part?: (text: string) => string;
  /** Returns undefined to drop the message. */
  readonly message?: (text: string) => string | undefined;
  readonly close?: (code: number) => number | undefined;
};
type Asked = { readonly method: string; readonly headers: IncomingMessage["headers"]; readonly body: string };

/** A server before another, which tells clients something else in places. */
async function proxyTo(api: TestServer, altered: Altered): Promise<string> {
  const answerBy = async (incoming: IncomingMessage, outgoing: ServerResponse) => {
    let body = "";
    for await (const chunk of incoming) body += chunk;
    const { method = "", headers } = incoming;
    const response = await fetch(new URL(incoming.url!, api.url), {
      method,
      headers: Object.entries(headers).filter(([name]) => !/^(host|connection|content-length)$/.test(name)) as any,
      ...(method === "POST" && { body }),
    });
    const answer = { status: response.status, headers: Object.fromEntries(response.headers), text: "" };
    delete answer.headers["content-length"];
    const isStream = answer.headers["content-type"]?.startsWith("text/event-stream");
    if (!isStream) answer.text = await response.text();
    altered.answer?.(answer, { method, headers, body });
    outgoing.writeHead(answer.status, answer.headers);
    for await (const chunk of isStream ? response.body!.pipeThrough(new TextDecoderStream()) : [])
      outgoing.write(altered.part?.(chunk) ?? chunk);
    outgoing.end(answer.text);
  };
  const proxy = createHttpServer((incoming, outgoing) => {
    answerBy(incoming, outgoing).catch(() => outgoing.destroy());
  });
  const sockets = new WebSocketServer({ noServer: true });
  proxy.on("upgrade", (incoming, socket, head) => {
    const { authorization } = incoming.headers;
    const behind = new WebSocket(api.url.replace("http", "ws"), "graphql-transport-ws", {
      headers: { ...(authorization !== undefined && { authorization }) },
    });
    behind.once("open", () =>
      sockets.handleUpgrade(incoming, socket, head, (before) => {
        before.on("message", (data) => behind.send((data as Buffer).toString()));
        before.on("close", () => behind.terminate());
        behind.on("message", (data) => {
          const text = (data as Buffer).toString();
          const told = altered.message === undefined ? text : altered.message(text);
          if (told !== undefined) before.send(told);
        });
        behind.on("close", (code, reason) => {
          const told = altered.close === undefined ? code : altered.close(code);
          if (told !== undefined) before.close(told, reason.toString());
        });
      }),
    );
  });
  proxy.listen(0, "127.0.0.1");
  await once(proxy, "listening");
  onTestFinished(() => {
    proxy.closeAllConnections();
    return void proxy.close();
  });
  return `http://127.0.0.1:${(proxy.address() as AddressInfo).port}/graphql`;
}

const credentials = [
  "no credential is told TOKEN_MISSING everywhere",
  "something that is no token is told TOKEN_INVALID everywhere",
  "another scheme is told TOKEN_INVALID everywhere",
  "a token without a scheme is told TOKEN_INVALID everywhere",
  "a token that says it is somebody else's is told TOKEN_INVALID everywhere",
  "a token that says it ends later is told TOKEN_INVALID everywhere",
  "a token of another key is told TOKEN_INVALID everywhere",
  "a token that says it needs no key is told TOKEN_INVALID everywhere",
  "a refresh token is told TOKEN_INVALID everywhere",
  "a token whose session has ended is told SESSION_REVOKED everywhere",
  "a token that has ended is told TOKEN_EXPIRED everywhere",
];
const life = {
  login: "a login says when its token ends, and the token says the same",
  refresh: "a refresh gives the next pair of the same session, once more to who asks again",
  logout: "a logout ends the session for both of its tokens",
  renewal: "an open socket says when it ends, and takes a newer token",
  cut: "a socket and a stream that are open end with their session",
};
const replaceIn = (what: RegExp | string, by: string) => (text: string) => text.replace(what, by);
const later = (text: string) =>
  text.replace(/"expiresAt":"([^"]+)"/, (_, at) => `"expiresAt":"${new Date(Date.parse(at) + 1000).toISOString()}"`);

describe("through a proxy", () => {
  const start = async (altered: Altered, settings: Record<string, string> = {}) => {
    const api = await createTestServer({ settings });
    onTestFinished(api.stop);
    const { email, password, tokens } = await api.register("Contract");
    const url = await proxyTo(api, altered);
    return failuresOf(contract({ url, email, password, expiredToken: tokens.expired() }));
  };

  const { privateKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
  test.each([
    { of: "the defaults", settings: {} },
    {
      of: "other ends of tokens, and reading that is open to all",
      settings: { PUBLIC_READS: "true", CLOCK_TOLERANCE: "60s", REFRESH_GRACE: "0s", ACCESS_TOKEN_TTL: "1m" },
    },
    {
      of: "a key pair",
      settings: { JWT_PRIVATE_KEY: privateKey.export({ type: "pkcs8", format: "pem" }) as string },
    },
  ])("that changes nothing, the contract is kept with $of", async ({ settings }) => {
    expect(await start({}, settings)).toEqual({});
  });

  test.each<{ of: string; altered: Altered; fails: readonly string[]; saying: RegExp }>([
    {
      of: "answers a refused credential with 403",
      altered: { answer: (answer) => void (answer.status === 401 && (answer.status = 403)) },
      fails: credentials,
      saying: /^by POST: expected {"status":401,.*\nby GET: .*\nby an event stream: /,
    },
    {
      of: "takes the reason from clients of application/json",
      altered: {
        answer: (answer, { headers }) =>
          void (headers.accept === "application/json" && (answer.text = answer.text.replace(/"reason":"\w+",/, ""))),
      },
      fails: credentials,
      saying: /^by POST, accepting application\/json alone: [^\n]*$/,
    },
    {
      of: "takes WWW-Authenticate away",
      altered: { answer: ({ headers }) => void delete headers["www-authenticate"] },
      fails: credentials,
      saying: /"isBearer":false/,
    },
    {
      of: "doesn't say when a token has ended",
      altered: {
        answer: (answer) => void (answer.text = answer.text.replace(/"expiredAt":"[^"]+",/, "")),
      },
      fails: ["a token that has ended is told TOKEN_EXPIRED everywhere"],
      saying: /"expiredAt":"2026/,
    },
    {
      of: "lets everybody in by GET",
      altered: {
        answer: (answer, { method, body }) =>
          method === "GET" && !body.includes("mutation") && answer.status === 401
            ? void Object.assign(answer, { status: 200, text: '{"data":{"me":{"id":"user_1"}}}' })
            : undefined,
      },
      fails: credentials,
      saying: /^by GET: [^\n]*"data":{"me":{"id":"user_1"}}[^\n]*$/,
    },
    {
      of: "ends no session",
      altered: {
        answer: (answer) => void (answer.text = answer.text.replace('"endedSessions":1', '"endedSessions":0')),
      },
      fails: [life.logout, life.cut],
      saying: /^how many sessions a logout ends: expected 1, and got 0/,
    },
    {
      of: "lets everybody follow",
      altered: {
        answer: (answer, { headers }) =>
          void (
            headers.accept === "text/event-stream" &&
            Object.assign(answer, { status: 200, headers: { "content-type": "text/event-stream" } })
          ),
      },
      fails: credentials,
      saying: /^by an event stream: [^\n]*"status":200[^\n]*$/,
    },
    {
      of: "takes every socket's credential for a good one",
      altered: { message: (text) => (text.includes('"ping"') ? '{"type":"connection_ack"}' : text) },
      fails: [...credentials.slice(1), life.cut],
      saying: /"closed":"not at all"|the end of a socket/,
    },
    {
      of: "closes sockets with another code",
      altered: { close: (code) => (code === 4403 ? 4401 : code) },
      fails: [...credentials.slice(1), life.cut],
      saying: /"code":4401/,
    },
    {
      of: "tells sockets another reason",
      altered: { message: replaceIn(/"reason":"\w+"/, '"reason":"OTHER"') },
      fails: [...credentials, life.cut],
      saying: /"reason":"OTHER"|"OTHER"/,
    },
    {
      of: "tells streams that nothing more will come",
      altered: { part: (text) => (text.includes("errors") ? `${text}event: complete\ndata:\n\n` : text) },
      fails: [life.cut],
      saying: /^the end of a stream: .*\["complete",null\]/,
    },
    {
      of: "says that tokens end a second later",
      altered: { answer: (answer) => void (answer.text = later(answer.text)) },
      fails: [life.login, life.refresh, life.renewal],
      saying: /exp|when a socket says that it ends/,
    },
    {
      of: "says that sockets end a second later",
      altered: { message: later },
      fails: [life.renewal],
      saying: /^when a socket says that it ends/,
    },
    {
      of: "answers a refresh with the pair that it is given",
      altered: {
        answer: (answer, { body }) => {
          const { input } = body.includes("refreshSession") ? JSON.parse(body).variables : {};
          if (input)
            answer.text = answer.text.replace(/"refreshToken":"[^"]+"/, `"refreshToken":"${input.refreshToken}"`);
        },
      },
      fails: [life.refresh],
      saying: /^the next pair is another/,
    },
    {
      of: "keeps no session from being ended twice",
      altered: {
        answer: (answer) => void (answer.text = answer.text.replace('"endedSessions":0', '"endedSessions":1')),
      },
      fails: [life.logout],
      saying: /once more: expected 0, and got 1/,
    },
    {
      of: "lets answers be stored",
      altered: { answer: ({ headers }) => void (headers["cache-control"] = "public, max-age=60") },
      fails: ["no answer is to be stored"],
      saying: /^Cache-Control of an answer to somebody/,
    },
    {
      of: "answers a bad document with 400",
      altered: { answer: (answer) => void (answer.status === 422 && (answer.status = 400)) },
      fails: [
        "a document that doesn't validate is answered 422 GRAPHQL_VALIDATION_FAILED",
        "a document whose variables don't fit is answered 422 BAD_USER_INPUT",
      ],
      saying: /"status":400/,
    },
    {
      of: "tells of its insides",
      altered: {
        answer: (answer) => void (answer.text = answer.text.replace('"NOT_FOUND"', '"NOT_FOUND","stacktrace":[]')),
      },
      fails: ["a post that isn't there is answered 200 NOT_FOUND"],
      saying: /"hasStack":true/,
    },
    {
      of: "takes any password for wrong but tells another code",
      altered: { answer: (answer) => void (answer.text = answer.text.replace("INVALID_CREDENTIALS", "FORBIDDEN")) },
      fails: ["a wrong password is answered 200 INVALID_CREDENTIALS"],
      saying: /"FORBIDDEN"/,
    },
  ])("that $of, the contract is broken", async ({ altered, fails, saying }) => {
    const failed = await start(altered);
    expect(Object.keys(failed).toSorted()).toEqual([...fails].toSorted());
    for (const message of Object.values(failed)) expect(message).toMatch(saying);
  });

  test("that lets sockets be, what waits for their end is told that it takes too long", async () => {
    vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
    onTestFinished(() => void vi.useRealTimers());
    const failed = await start({
      message: (text) => (text.includes('"ping"') ? void vi.advanceTimersByTime(30_000) : text),
      close: () => undefined,
    });
    expect(failed[life.cut]).toBe("Not done within 30 seconds");
    expect(Object.values(failed)).toContain("Not done within 30 seconds");
  });
});
