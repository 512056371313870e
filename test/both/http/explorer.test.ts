import { readdirSync, readFileSync } from "node:fs";
import { request } from "node:http";
import { brotliDecompressSync, gunzipSync } from "node:zlib";

import { describe, expect, test } from "vitest";

import { demonstrationAccount } from "../../../src/features/account/demo-account.js";
import { startApi, type Api } from "../../support/api.js";
import { exchange } from "../../support/exchange.js";
import { refusal, tokenStates } from "../../support/token-states.js";

const production = { NODE_ENV: "production", HOST: "127.0.0.1" };

/** An answer as it was sent, which `fetch` would unpack. */
function raw(api: Api, path: string, encoding: string) {
  const url = new URL(path, api.url);
  return new Promise<{ headers: Record<string, unknown>; body: Buffer }>((resolve, reject) => {
    const sent = request(url, { headers: { "accept-encoding": encoding } }, async (response) => {
      const chunks: Buffer[] = [];
      for await (const chunk of response) chunks.push(chunk as Buffer);
      resolve({ headers: response.headers, body: Buffer.concat(chunks) });
    });
    sent.on("error", reject).end();
  });
}

const scriptOf = (page: string) => /src="(\/explorer\/[^"]+\.js)"/.exec(page)![1]!;

describe("the page at /", () => {
  test("may run its own files, call this server and show Sandbox's frame, and nothing else", async () => {
    const { headers, text } = await (await startApi()).fetch("/");
    const policy = Object.fromEntries(
      headers
        .get("content-security-policy")!
        .split("; ")
        .map((directive) => directive.split(" "))
        .map(([name, ...sources]) => [name!, sources]),
    );
    expect(policy).toEqual({
      "default-src": ["'none'"],
      "script-src": ["'self'"],
      "style-src": ["'self'"],
      "img-src": ["'self'", "data:"],
      "connect-src": ["'self'"],
      "frame-src": ["https://sandbox.embed.apollographql.com"],
      "base-uri": ["'none'"],
      "form-action": ["'none'"],
      "frame-ancestors": ["'none'"],
    });
    expect(Object.fromEntries(headers)).toMatchObject({
      "content-type": "text/html; charset=utf-8",
      "cache-control": "no-cache",
      "x-content-type-options": "nosniff",
      "referrer-policy": "no-referrer",
      "cross-origin-opener-policy": "same-origin-allow-popups",
    });
    // All that it names is the server's own.
    const named = [...text.matchAll(/(?:src|href)="([^"]+)"/g)].map(([, url]) => url);
    expect(named.length).toBeGreaterThan(2);
    for (const url of named) expect(url).toMatch(/^\/explorer\/[\w-]+\.(js|css|svg)$/);
    expect(text).not.toMatch(/<style|<script(?![^>]* src=)|<[^>]+\s(on\w+|style)=/);
  });

  test("names files that may be cached forever, each sent in the smallest encoding that the client accepts", async () => {
    const api = await startApi();
    const path = scriptOf((await api.fetch("/")).text);
    const plain = await raw(api, path, "identity");
    expect(plain.headers).toMatchObject({
      "content-type": "text/javascript; charset=utf-8",
      "cache-control": "public, max-age=31536000, immutable",
      vary: "Authorization, Accept, Origin, Accept-Encoding",
    });
    expect(plain.headers).not.toHaveProperty("content-encoding");

    const zipped = await raw(api, path, "gzip");
    const brotli = await raw(api, path, "gzip, deflate, br");
    expect([zipped, brotli].map(({ headers }) => headers["content-encoding"])).toEqual(["gzip", "br"]);
    expect(gunzipSync(zipped.body).equals(plain.body)).toBe(true);
    expect(brotliDecompressSync(brotli.body).equals(plain.body)).toBe(true);
    expect((await api.fetch(path, { method: "HEAD" })).status).toBe(200);
  });

  test("is under 250 kB in all, as gzip", () => {
    const bytes = readdirSync("dist/explorer")
      .filter((name) => name.endsWith(".gz"))
      .reduce((sum, name) => sum + readFileSync(`dist/explorer/${name}`).length, 0);
    expect(bytes).toBeLessThan(250_000);
    expect(bytes).toBeGreaterThan(100_000);
  });

  test.each(["/explorer/index.html", "/explorer/nothing.js", "/explorer/..%2f..%2fpackage.json", "/explorer/"])(
    "has no file at %s",
    async (path) => {
      expect((await (await startApi()).fetch(path)).status).toBe(404);
    },
  );
});

test.each([
  { env: {}, has: true },
  { env: { EXPLORER: "off" }, has: false },
  { env: production, has: false },
  { env: { ...production, EXPLORER: "on" }, has: true },
])("with $env the explorer is served: $has", async ({ env, has }) => {
  const api = await startApi(env);
  const { headers, text } = await api.fetch("/");
  expect(headers.get("content-type")).toMatch(has ? "text/html" : "application/json");
  if (!has) return expect((await api.fetch("/explorer/offers")).status).toBe(404);
  expect((await api.fetch(scriptOf(text))).status).toBe(200);
});

describe("the offers", () => {
  test("name the demonstration's Ada once she exists", async () => {
    const api = await startApi();
    expect((await api.fetch("/explorer/offers")).body).toEqual({ canExpire: true, demonstration: null });
    const { name, email, password } = demonstrationAccount;
    await api.send("mutation ($input: RegisterInput!) { register(input: $input) { tokenType } }", {
      variables: { input: { name, email, password } },
    });
    const { body, headers } = await api.fetch("/explorer/offers");
    expect(body).toEqual({ canExpire: true, demonstration: { name, email, password } });
    expect(headers.get("cache-control")).toBe("private, no-store");
  });

  test("are none in production", async () => {
    const api = await startApi({ ...production, EXPLORER: "on" });
    const { name, email, password } = demonstrationAccount;
    await api.send("mutation ($input: RegisterInput!) { register(input: $input) { tokenType } }", {
      variables: { input: { name, email, password } },
    });
    expect((await api.fetch("/explorer/offers")).body).toEqual({ canExpire: false, demonstration: null });
  });
});

async function expire(api: Api, authorization: readonly string[]) {
  const url = new URL("/explorer/expire", api.url);
  const { status, headers, body } = await exchange(url, authorization.length > 0 ? { headers: { authorization } } : {});
  return { status, challenge: headers["www-authenticate"], body };
}

describe("letting a token expire", () => {
  test("issues one for the same session that expires within five seconds, and leaves the others unchanged", async () => {
    const api = await startApi();
    const ada = await api.register();

    const { status, body } = await expire(api, [`Bearer ${ada.token}`]);

    expect(status).toBe(200);
    // The clock stands at 417 ms past a second, and a token's end is a whole one.
    expect(body).toEqual({
      accessToken: expect.any(String),
      serverTime: "2026-11-22T09:00:00.417Z",
      expiresAt: "2026-11-22T09:00:05.000Z",
    });
    const claims = JSON.parse(Buffer.from(body.accessToken.split(".")[1], "base64url").toString("utf8"));
    expect(claims).toMatchObject({ sub: ada.id, sid: ada.sessionId });

    const me = (token: string) => api.send("{ me { name } }", { token });
    api.clock.set(new Date(Date.parse(body.expiresAt) - 1));
    expect((await me(body.accessToken)).status).toBe(200);
    api.clock.advance(1);
    const refused = await me(body.accessToken);
    expect(refused.status).toBe(401);
    expect(refused.body.errors![0]!.extensions).toMatchObject({ reason: "TOKEN_EXPIRED", expiredAt: body.expiresAt });
    expect((await me(ada.token)).status).toBe(200);
  });

  test("issues none that outlives the token of the request", async () => {
    const api = await startApi();
    const ada = await api.register();
    api.clock.set(new Date(ada.expiresAt.getTime() - 2000));
    expect((await expire(api, [`Bearer ${ada.token}`])).body.expiresAt).toBe(ada.expiresAt.toISOString());
  });

  // One of each reason; test/both/session/credential.test.ts has them all.
  const reasons = new Map(tokenStates.map((state) => [state.reason, state]));
  test.each([...reasons.values()])("answers a caller with $of as GraphQL does", async ({ reason, authorization }) => {
    const api = await startApi();
    const situation = { api, account: await api.register(), other: await api.register() };
    const headers = await authorization(situation);
    const answer = await expire(api, headers);
    if (reason === undefined) return expect(answer.status).toBe(200);
    expect(answer.status).toBe(401);
    expect(answer.body).toEqual({ errors: [refusal(reason, situation)] });
    expect(answer.challenge).toMatch(
      reason === "TOKEN_MISSING" ? /^Bearer realm="postern"$/ : /^Bearer realm="postern", error="invalid_token"/,
    );
  });

  test.each([production, { ...production, EXPLORER: "on" }, { EXPLORER: "off" }])(
    "is not there with %j",
    async (env) => {
      const api = await startApi(env);
      const ada = await api.register();
      const { status, body } = await expire(api, [`Bearer ${ada.token}`]);
      expect({ status, code: body.errors[0].extensions.code }).toEqual({ status: 404, code: "NOT_FOUND" });
    },
  );
});
