// The expiry walk-through shows that an access token ends at its `exp`, and a socket with it.
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { styleText } from "node:util";

import { CloseCode, GRAPHQL_TRANSPORT_WS_PROTOCOL, MessageType } from "graphql-ws";
import { WebSocket } from "ws";

import { systemClock, systemTimer } from "../src/foundation/clock.js";
import { readConfig } from "../src/foundation/config/read-config.js";
import { standardOutput } from "../src/foundation/log-output.js";
import { makeLog } from "../src/foundation/log.js";
import { startServer } from "../src/server/server.js";

const terminal = process.stdout.isTTY;
const say = (text: string) => console.log(text);
const paint = (style: Parameters<typeof styleText>[0], text: string) => (terminal ? styleText(style, text) : text);

type Answer = { status: number; challenge: string | null; body: { data?: any; errors?: any[] } };

async function post(url: string, query: string, token?: string): Promise<Answer> {
  const response = await fetch(url, {
    method: "POST",
    headers: { "content-type": "application/json", ...(token !== undefined && { authorization: `Bearer ${token}` }) },
    body: JSON.stringify({ query }),
  });
  const body = (await response.json()) as Answer["body"];
  return { status: response.status, challenge: response.headers.get("www-authenticate"), body };
}

/** Throws if an answer isn't the expected one, which ends the walk. */
function require(holds: boolean, what: string, answer: Answer): void {
  if (!holds) throw new Error(`expected ${what}, but got ${answer.status} ${JSON.stringify(answer.body)}`);
}

/** Opens a socket with a token, and returns it when the server has accepted the token. */
async function openSocket(url: string, token: string): Promise<WebSocket> {
  const socket = new WebSocket(url.replace("http", "ws"), GRAPHQL_TRANSPORT_WS_PROTOCOL);
  await once(socket, "open");
  socket.send(JSON.stringify({ type: MessageType.ConnectionInit, payload: { authorization: `Bearer ${token}` } }));
  await nextMessage(socket, MessageType.ConnectionAck);
  return socket;
}

/** Returns the payload of the next message of a type. */
async function nextMessage(socket: WebSocket, type: MessageType): Promise<any> {
  for (;;) {
    const [data] = (await once(socket, "message")) as [Buffer];
    const message = JSON.parse(data.toString("utf8"));
    if (message.type === type) return message.payload;
  }
}

async function closeOf(socket: WebSocket) {
  const [code, reason] = (await once(socket, "close")) as [number, Buffer];
  return { code, reason: reason.toString("utf8"), at: systemClock().toISOString() };
}

/** Renews an open socket's token after some seconds, and returns the new token's end. */
async function renewLater(url: string, socket: WebSocket, refreshToken: string): Promise<string> {
  await sleep(3000);
  const { body } = await post(
    url,
    `mutation { refreshSession(input: { refreshToken: "${refreshToken}" }) { accessToken } }`,
  );
  const authorization = `Bearer ${body.data.refreshSession.accessToken}`;
  socket.send(JSON.stringify({ type: MessageType.Ping, payload: { authorization } }));
  return (await nextMessage(socket, MessageType.Pong)).expiresAt;
}

function askSocket(socket: WebSocket, query: string): Promise<Answer["body"]> {
  socket.send(JSON.stringify({ id: "1", type: MessageType.Subscribe, payload: { query } }));
  return nextMessage(socket, MessageType.Next);
}

const forbidden: number = CloseCode.Forbidden;

let steps = 0;
/** Sends a request as the next step of the story, shows its status, and checks it. */
async function step(title: string, expectedStatus: number, request: () => Promise<Answer>): Promise<Answer> {
  const answer = await request();
  const color = answer.status === 200 ? "green" : "red";
  say(`${paint("bold", `${++steps}. ${title}`)}  ${paint(color, String(answer.status))}`);
  require(answer.status === expectedStatus, `status ${expectedStatus}`, answer);
  return answer;
}

/** Shows a socket's outcome as the next step of the story. */
const showSocket = (title: string, color: "green" | "red", outcome: string) =>
  say(`${paint("bold", `${++steps}. ${title}`)}  ${paint(color, outcome)}`);

/** Waits until an instant, and shows the remaining time. */
async function waitUntil(instant: Date): Promise<void> {
  const started = systemClock().getTime();
  const whole = instant.getTime() - started;
  for (;;) {
    const left = instant.getTime() - systemClock().getTime();
    if (left <= 0) break;
    const seconds = (left / 1000).toFixed(1);
    if (terminal) {
      const done = Math.round((1 - left / whole) * 30);
      process.stdout.write(`\r   ${"█".repeat(done)}${"░".repeat(30 - done)} expires in ${seconds} s `);
    } else say(`   expires in ${seconds} s`);
    await sleep(Math.min(left, terminal ? 100 : 1000));
  }
  if (terminal) process.stdout.write(`\r   ${"█".repeat(30)} expired          \n`);
}

async function walk(url: string): Promise<void> {
  const credentials = `email: "ada@example.com", password: "correct horse battery"`;
  const session = "{ accessToken refreshToken expiresAt serverTime }";
  const list = "{ posts { totalCount nodes { title author { name } } } }";

  await step("Ada registers", 200, () =>
    post(url, `mutation { register(input: { name: "Ada", ${credentials} }) ${session} }`),
  );
  const login = () => post(url, `mutation { login(input: { ${credentials} }) ${session} }`);
  const signedIn = await step("She logs in", 200, login);
  const { accessToken, refreshToken, expiresAt, serverTime } = signedIn.body.data.login;
  say(`   The server's clock says ${serverTime}. Her token ends at ${expiresAt}.`);

  const created = await step("She creates a post with the token", 200, () =>
    post(url, `mutation { createPost(input: { title: "Hello", content: "…" }) { post { title } } }`, accessToken),
  );
  require(created.body.data?.createPost?.post.title === "Hello", "the post", created);
  const listed = await step("She lists the posts", 200, () => post(url, list, accessToken));
  require(listed.body.data?.posts?.totalCount === 1, "one post", listed);

  const closed = closeOf(await openSocket(url, accessToken));
  const renewed = await openSocket(url, accessToken);
  say(paint("bold", `${++steps}. She opens two WebSockets with the token, and will renew the second in time`));

  say(paint("bold", "   She waits. Nothing else happens: no logout, no restart."));
  const [newEnd] = await Promise.all([renewLater(url, renewed, refreshToken), waitUntil(new Date(expiresAt))]);

  const refused = await step("The same query with the same token", 401, () => post(url, list, accessToken));
  say(`   WWW-Authenticate: ${refused.challenge}`);
  say(`   ${JSON.stringify(refused.body.errors?.[0])}`);
  const error = refused.body.errors?.[0];
  require(error?.extensions.code === "UNAUTHENTICATED" &&
    error.extensions.reason === "TOKEN_EXPIRED" &&
    error.extensions.expiredAt === expiresAt, "TOKEN_EXPIRED at its expiresAt", refused);
  const { code, reason, at } = await closed;
  showSocket("The first WebSocket", "red", `closed ${code} ${reason} at ${at}`);
  require(code === forbidden &&
    reason === "TOKEN_EXPIRED" &&
    at.slice(0, 19) === expiresAt.slice(0, 19), "an end at expiresAt, not at " + at, refused);
  const me = await askSocket(renewed, "{ me { name } }");
  require(me.data?.me?.name === "Ada", "an answer to Ada", { ...refused, body: me });
  showSocket("The second WebSocket", "green", `open until ${newEnd}`);
  renewed.close();

  const again = await step("She logs in again", 200, login);
  const last = await step("The same query with the new token", 200, () =>
    post(url, list, again.body.data.login.accessToken),
  );
  require(last.body.data?.posts?.totalCount === 1, "her post", last);
  say(paint("green", "The token was valid until its exp and not a moment longer, and so was the socket."));
}

const folder = mkdtempSync(join(tmpdir(), "postern-demo-"));
const { config } = readConfig({
  PORT: "0",
  DATABASE_URL: `sqlite:${join(folder, "demo.sqlite")}`,
  JWT_SECRET: randomBytes(32).toString("hex"),
  ACCESS_TOKEN_TTL: "5s",
  LOG_LEVEL: "error",
});
const server = await startServer({
  config,
  clock: systemClock,
  timer: systemTimer,
  log: makeLog(config.logLevel, systemClock, await standardOutput()),
});
say(
  `A server on ${server.url}, with its own database and access tokens that last ${config.sessionRules.accessTokenTtlSeconds} s.\n`,
);
try {
  await walk(server.url);
} catch (error) {
  console.error(
    `\n${paint("red", "The demonstration failed:")} ${error instanceof Error ? error.message : String(error)}`,
  );
  process.exitCode = 1;
} finally {
  await server.stop();
  rmSync(folder, { recursive: true });
}
