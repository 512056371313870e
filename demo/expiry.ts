// The expiry walk-through: what a person would do to convince themselves that a token ends when it says.
import { randomBytes } from "node:crypto";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { styleText } from "node:util";

import { systemClock, systemTimer } from "../src/clock.js";
import { readConfig } from "../src/config/settings.js";
import { makeLog, standardOutput } from "../src/log.js";
import { startServer } from "../src/server.js";

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

/** Ends the walk where an answer isn't what the story says. */
function require(holds: boolean, what: string, answer: Answer): void {
  if (!holds) throw new Error(`expected ${what}, but got ${answer.status} ${JSON.stringify(answer.body)}`);
}

let steps = 0;
/** Sends a request as the next step of the story, shows its status, and checks it. */
async function step(title: string, expectedStatus: number, request: () => Promise<Answer>): Promise<Answer> {
  const answer = await request();
  const color = answer.status === 200 ? "green" : "red";
  say(`${paint("bold", `${++steps}. ${title}`)}  ${paint(color, String(answer.status))}`);
  require(answer.status === expectedStatus, `status ${expectedStatus}`, answer);
  return answer;
}

/** Waits until an instant, and shows how far it is. */
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
  const session = "{ accessToken expiresAt serverTime }";
  const list = "{ posts { totalCount nodes { title author { name } } } }";

  await step("Ada registers", 200, () =>
    post(url, `mutation { register(input: { name: "Ada", ${credentials} }) ${session} }`),
  );
  const login = () => post(url, `mutation { login(input: { ${credentials} }) ${session} }`);
  const signedIn = await step("She logs in", 200, login);
  const { accessToken, expiresAt, serverTime } = signedIn.body.data.login;
  say(`   The server's clock says ${serverTime}; her token says it ends at ${expiresAt}.`);

  const created = await step("She creates a post with the token", 200, () =>
    post(url, `mutation { createPost(input: { title: "Hello", content: "…" }) { post { title } } }`, accessToken),
  );
  require(created.body.data?.createPost?.post.title === "Hello", "the post", created);
  const listed = await step("She lists the posts", 200, () => post(url, list, accessToken));
  require(listed.body.data?.posts?.totalCount === 1, "one post", listed);

  say(paint("bold", "   She waits. Nothing else happens: no logout, no restart."));
  await waitUntil(new Date(expiresAt));

  const refused = await step("The same query with the same token", 401, () => post(url, list, accessToken));
  say(`   WWW-Authenticate: ${refused.challenge}`);
  say(`   ${JSON.stringify(refused.body.errors?.[0])}`);
  const error = refused.body.errors?.[0];
  require(error?.extensions.code === "UNAUTHENTICATED" &&
    error.extensions.reason === "TOKEN_EXPIRED" &&
    error.extensions.expiredAt === expiresAt, "TOKEN_EXPIRED at its expiresAt", refused);

  const again = await step("She logs in again", 200, login);
  const last = await step("The same query with the new token", 200, () =>
    post(url, list, again.body.data.login.accessToken),
  );
  require(last.body.data?.posts?.totalCount === 1, "her post", last);
  say(paint("green", "The token was good until the second it named, and not a moment longer."));
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
  log: makeLog(config.logLevel, systemClock, standardOutput()),
});
say(
  `A server on ${server.url}, with a database of its own and access tokens that live ${config.sessionRules.accessTokenTtlSeconds} s.\n`,
);
try {
  await walk(server.url);
} catch (error) {
  console.error(
    `\n${paint("red", "The story went another way:")} ${error instanceof Error ? error.message : String(error)}`,
  );
  process.exitCode = 1;
} finally {
  await server.stop();
  rmSync(folder, { recursive: true });
}
