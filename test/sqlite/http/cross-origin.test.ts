import { getIntrospectionQuery } from "graphql";
import { describe, expect, test } from "vitest";

import { startApi, type Api } from "../../support/api.js";
import { exchange } from "../../support/exchange.js";

const studio = "https://studio.apollographql.com";
const production = { NODE_ENV: "production", HOST: "127.0.0.1" };

/** Chrome's preflight for the hosted Sandbox, before it reads the schema or sends an operation with a token. */
const preflight = (headers: string, origin = studio) => ({
  method: "OPTIONS",
  headers: {
    accept: "*/*",
    "accept-encoding": "gzip, deflate, br, zstd",
    "accept-language": "en-US,en;q=0.9",
    "access-control-request-headers": headers,
    "access-control-request-method": "POST",
    "access-control-request-private-network": "true",
    origin,
    referer: `${origin}/`,
    "sec-fetch-dest": "empty",
    "sec-fetch-mode": "cors",
    "sec-fetch-site": "cross-site",
    "user-agent":
      "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/141.0.0.0 Safari/537.36",
  },
});

/** How the schema is asked for then. */
const introspection = (origin = studio) => ({
  method: "POST",
  headers: { accept: "*/*", "content-type": "application/json", origin, "sec-fetch-site": "cross-site" },
  body: JSON.stringify({
    operationName: "IntrospectionQuery",
    query: getIntrospectionQuery({ descriptions: true }),
    variables: {},
  }),
});

const corsHeaders = (headers: NodeJS.Dict<string | string[]>) =>
  Object.fromEntries(Object.entries(headers).filter(([name]) => name.startsWith("access-control-")));

describe("the hosted Sandbox", () => {
  test.each(["content-type", "authorization,content-type,x-apollo-operation-name,apollo-require-preflight"])(
    "may send %s",
    async (headers) => {
      const api = await startApi();
      const answer = await exchange(new URL(api.url), preflight(headers));
      expect(answer.status).toBe(204);
      expect(answer.body).toBeUndefined();
      expect(corsHeaders(answer.headers)).toEqual({
        "access-control-allow-origin": studio,
        "access-control-allow-methods": "GET, POST",
        "access-control-allow-headers": headers,
        "access-control-allow-private-network": "true",
        "access-control-expose-headers": "WWW-Authenticate, Retry-After, x-request-id",
        "access-control-max-age": "7200",
      });
      expect(answer.headers.vary).toBe("Authorization, Accept, Origin");
    },
  );

  test("may read the schema", async () => {
    const api = await startApi();
    const { status, headers, body } = await exchange(new URL(api.url), introspection());
    expect(status).toBe(200);
    expect(body.data["__schema"].types.map(({ name }: { name: string }) => name)).toContain("Post");
    expect(corsHeaders(headers)).toEqual({
      "access-control-allow-origin": studio,
      "access-control-expose-headers": "WWW-Authenticate, Retry-After, x-request-id",
    });
  });

  test("may do nothing in production", async () => {
    const api = await startApi(production);
    for (const request of [preflight("content-type"), introspection()])
      expect(corsHeaders((await exchange(new URL(api.url), request)).headers)).toEqual({});
  });
});

describe("CORS_ORIGINS", () => {
  const app = "https://app.example.com";

  test("names the origins that may call and read all answers", async () => {
    const api = await startApi({ ...production, CORS_ORIGINS: `${app},http://localhost:5173` });
    for (const origin of [app, "http://localhost:5173"]) {
      for (const [path, init] of [
        ["/graphql", preflight("content-type", origin)],
        ["/graphql", introspection(origin)],
        ["/graphql", { headers: { origin, "content-type": "application/json" }, body: "{" }],
        ["/graphql", { headers: { origin, "content-type": "text/plain" }, body: "{}" }],
        ["/graphql", { method: "DELETE", headers: { origin } }],
        ["/nothing", { method: "GET", headers: { origin } }],
        ["/%c0%af", { method: "GET", headers: { origin } }],
      ] as const) {
        const { headers } = await exchange(new URL(path, api.url), init);
        expect(headers["access-control-allow-origin"]).toBe(origin);
        expect(headers["access-control-expose-headers"]).toBe("WWW-Authenticate, Retry-After, x-request-id");
      }
    }
  });

  test.each([
    "https://evil.example",
    "https://app.example.com.evil.example",
    "https://app.example.com:8443",
    "http://app.example.com",
    "https://APP.example.com",
    "null",
    "*",
    "",
  ])("allows nothing to %o, which it doesn't name", async (origin) => {
    const api = await startApi({ ...production, CORS_ORIGINS: app });
    for (const request of [preflight("content-type", origin), introspection(origin)]) {
      const { headers } = await exchange(new URL(api.url), request);
      expect(corsHeaders(headers)).toEqual({});
      expect(headers.vary).toBe("Authorization, Accept, Origin");
    }
  });

  test("lets every page call if it is *, and names none of them", async () => {
    const api = await startApi({ ...production, CORS_ORIGINS: "*" });
    for (const request of [preflight("content-type", app), introspection(app)]) {
      const { headers } = await exchange(new URL(api.url), request);
      expect(headers["access-control-allow-origin"]).toBe("*");
      expect(headers["access-control-allow-credentials"]).toBeUndefined();
    }
  });
});

describe("a page of this machine", () => {
  const origins = [
    "http://localhost:5173",
    "https://localhost",
    "http://app.localhost:3000",
    "http://127.0.0.1:8080",
    "http://[::1]:5173",
  ];

  test.each(origins)("may call outside production from %s, and not in it", async (origin) => {
    for (const [settings, allowed] of [
      [{}, origin],
      [production, undefined],
    ] as const) {
      const api = await startApi(settings);
      for (const request of [preflight("content-type", origin), introspection(origin)])
        expect((await exchange(new URL(api.url), request)).headers["access-control-allow-origin"]).toBe(allowed);
    }
  });

  test.each([
    "http://localhost.evil.example",
    "http://evil-localhost",
    "http://127.0.0.1.evil.example:5173",
    "http://localhost:5173/",
    "http://user@localhost",
    "http://LOCALHOST:5173",
    "http://192.168.0.1:5173",
    "null",
  ])("is not %s", async (origin) => {
    const api = await startApi();
    const { headers } = await exchange(new URL(api.url), introspection(origin));
    expect(corsHeaders(headers)).toEqual({});
  });
});

describe("a refused origin", () => {
  const refusals = (api: Api) => api.logged().filter(({ msg }) => /CORS_ORIGINS/.test(String(msg)));

  test("is one line in the log, which names the setting", async () => {
    const api = await startApi(production);
    for (const origin of ["https://app.example.com", "null", "https://app.example.com"])
      for (const request of [preflight("content-type", origin), introspection(origin)])
        await exchange(new URL(api.url), request);
    expect(refusals(api)).toMatchObject([
      {
        level: 40,
        origin: "https://app.example.com",
        msg: expect.stringContaining("add the origin to CORS_ORIGINS"),
      },
      { level: 40, origin: "null" },
    ]);
  });

  test("isn't one of the server's own pages, nor of another path", async () => {
    const api = await startApi(production);
    const own = { ...introspection("https://posts.example.com"), method: "POST" };
    await exchange(new URL(api.url), { ...own, headers: { ...own.headers, host: "posts.example.com" } });
    await exchange(new URL(api.url), { ...own, headers: { ...own.headers, "sec-fetch-site": "same-origin" } });
    await exchange(new URL("/healthz", api.url), { method: "GET", headers: { origin: "https://app.example.com" } });
    expect(refusals(api)).toEqual([]);
  });

  test("is logged no more than 50 times with different names, each cut", async () => {
    const api = await startApi(production);
    for (let index = 0; index < 60; index += 1)
      await exchange(new URL(api.url), { headers: { origin: `https://${index}.${"x".repeat(300)}` }, body: "{" });
    expect(refusals(api)).toHaveLength(50);
    for (const { origin } of refusals(api)) expect(origin).toHaveLength(200);
  });
});

test("lets a page read why it was refused, and how long to wait", async () => {
  const api = await startApi();
  const refused = await api.send("{ me { id } }", { headers: { origin: studio } });
  const exposed = refused.headers.get("access-control-expose-headers")!.toLowerCase().split(", ");
  expect(refused.headers.get("www-authenticate")).toBe('Bearer realm="postern"');
  expect(exposed).toEqual(["www-authenticate", "retry-after", "x-request-id"]);
});

test("answers OPTIONS that isn't a preflight with the allowed methods", async () => {
  const api = await startApi();
  const { status, headers, body } = await exchange(new URL(api.url), { method: "OPTIONS" });
  expect({ status, allow: headers.allow, body }).toEqual({ status: 204, allow: "GET, POST, OPTIONS", body: undefined });
  expect((await exchange(new URL("/nothing", api.url), { method: "OPTIONS" })).status).toBe(404);
});
