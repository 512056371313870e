import { createHash } from "node:crypto";
import { once } from "node:events";
import { connect } from "node:net";

import { describe, expect, test } from "vitest";

import { startApi } from "../../support/api.js";

const json = { "content-type": "application/json" };

describe("a request that isn't GraphQL", () => {
  test.each([
    {
      of: "bad JSON",
      path: "/graphql",
      init: { method: "POST", headers: json, body: "{" },
      status: 400,
      code: "BAD_REQUEST",
    },
    { of: "no body", path: "/graphql", init: { method: "POST", headers: json }, status: 400, code: "BAD_REQUEST" },
    {
      of: "no query",
      path: "/graphql",
      init: { method: "POST", headers: json, body: `{"variables":{}}` },
      status: 400,
      code: "BAD_REQUEST",
    },
    {
      of: "a query that is no text",
      path: "/graphql",
      init: { method: "POST", headers: json, body: `{"query":1}` },
      status: 400,
      code: "BAD_REQUEST",
    },
    {
      of: "a batch",
      path: "/graphql",
      init: { method: "POST", headers: json, body: `[{"query":"{me{id}}"}]` },
      status: 400,
      code: "BAD_REQUEST",
    },
    {
      of: "an automatic persisted query",
      path: "/graphql",
      init: { method: "POST", headers: json, body: `{"extensions":{"persistedQuery":{"version":1,"sha256Hash":"x"}}}` },
      status: 400,
      code: "BAD_REQUEST",
    },
    {
      of: "text/plain",
      path: "/graphql",
      init: { method: "POST", headers: { "content-type": "text/plain" }, body: "{}" },
      status: 415,
      code: "UNSUPPORTED_MEDIA_TYPE",
    },
    {
      of: "a form",
      path: "/graphql",
      init: { method: "POST", headers: { "content-type": "application/x-www-form-urlencoded" }, body: "query=x" },
      status: 415,
      code: "UNSUPPORTED_MEDIA_TYPE",
    },
    {
      of: "more than 1 MiB",
      path: "/graphql",
      init: { method: "POST", headers: json, body: `{"query":"${" ".repeat(1024 * 1024)}"}` },
      status: 413,
      code: "PAYLOAD_TOO_LARGE",
    },
    {
      of: "an Accept of nothing we have",
      path: "/graphql",
      init: { method: "POST", headers: { ...json, accept: "text/html" }, body: `{"query":"{me{id}}"}` },
      status: 406,
      code: "NOT_ACCEPTABLE",
    },
    {
      of: "PUT",
      path: "/graphql",
      init: { method: "PUT" },
      status: 405,
      code: "METHOD_NOT_ALLOWED",
      allow: "GET, POST",
    },
    {
      of: "a mutation by GET",
      path: `/graphql?query=${encodeURIComponent('mutation { deletePost(input: { id: "x" }) { deletedPostId } }')}`,
      init: { headers: { authorization: "Bearer x" } },
      status: 405,
      code: "METHOD_NOT_ALLOWED",
      allow: "POST",
    },
    { of: "POST to /", path: "/", init: { method: "POST" }, status: 405, code: "METHOD_NOT_ALLOWED", allow: "GET" },
    { of: "an unknown path", path: "/wp-login.php", init: {}, status: 404, code: "NOT_FOUND" },
    { of: "a path that can't be decoded", path: "/%c0%af", init: {}, status: 400, code: "BAD_REQUEST" },
  ] as { of: string; path: string; init: RequestInit; status: number; code: string; allow?: string }[])(
    "$of is answered as JSON with $status",
    async ({ path, init, status, code, allow }) => {
      const api = await startApi();
      const answer = await api.fetch(path, init);
      expect(answer.status).toBe(status);
      expect(answer.headers.get("content-type")).toBe("application/json; charset=utf-8");
      expect(answer.body).toEqual({ errors: [{ message: expect.any(String), extensions: { code } }] });
      expect(answer.headers.get("allow")).toBe(allow ?? null);
      expect(answer.headers.get("x-request-id")).toBeTruthy();
      expect(api.logged()).toEqual([expect.objectContaining({ msg: "request", status })]);
    },
  );
});

test("redirects a browser that visits the endpoint to /", async () => {
  const api = await startApi();
  const accept = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8";
  const { status, headers } = await api.fetch("/graphql", { headers: { accept }, redirect: "manual" });
  expect({ status, location: headers.get("location") }).toEqual({ status: 303, location: "/" });
  // A query is answered all the same.
  expect((await api.fetch("/graphql?query={__typename}", { headers: { accept } })).status).toBe(200);
});

test("answers at / in production with plain JSON that names the endpoint", async () => {
  const api = await startApi({ NODE_ENV: "production", HOST: "127.0.0.1" });
  const { status, body } = await api.fetch("/", { headers: { accept: "text/html" } });
  expect(status).toBe(200);
  expect(body).toEqual({ name: "postern", graphql: "/graphql" });
});

describe("the log", () => {
  test("has one line for each request, without any secret", async () => {
    const api = await startApi();
    const { id, sessionId, token, password, email } = await api.register("Ada");
    await api.send(`query Mine { me { id } }`, { token, headers: { "x-request-id": "trace-1" } });
    await api.send(`query Mine { me { id } }`, { token: `${token}x` });
    await api.fetch(`/graphql?query={me{id}}&token=${token}`, { headers: { authorization: `Bearer ${token}` } });
    await api.fetch("/nothing?secret=1");

    const lines = api.logged().filter(({ msg }) => msg === "request");

    expect(lines).toEqual(
      [
        {
          method: "POST",
          path: "/graphql",
          status: 200,
          operation: null,
          rootFields: ["register"],
          credential: "anonymous",
        },
        {
          method: "POST",
          path: "/graphql",
          status: 200,
          operation: "Mine",
          rootFields: ["me"],
          credential: "viewer",
          userId: id,
          sessionId,
          requestId: "trace-1",
        },
        {
          method: "POST",
          path: "/graphql",
          status: 401,
          operation: "Mine",
          rootFields: ["me"],
          credential: "invalid",
          code: "UNAUTHENTICATED",
          reason: "TOKEN_INVALID",
        },
        {
          method: "GET",
          path: "/graphql",
          status: 200,
          operation: null,
          rootFields: ["me"],
          credential: "viewer",
          userId: id,
          sessionId,
        },
        { method: "GET", path: "/nothing", status: 404, code: "NOT_FOUND" },
      ].map((line) => ({
        level: 30,
        time: api.clock().getTime(),
        requestId: expect.any(String),
        durationMs: expect.any(Number),
        msg: "request",
        address: "127.0.0.1",
        ...line,
      })),
    );
    expect(api.logged().find(({ path }) => path === "/graphql")!["durationMs"]).toBeGreaterThan(0);
    const text = JSON.stringify(lines);
    for (const secret of [token, token.split(".")[2]!, password, email, "secret=1"]) expect(text).not.toContain(secret);
  });

  test("adopts a well-formed request id, and makes one otherwise", async () => {
    const api = await startApi();
    const idFor = async (given?: string) => {
      const { headers } = await api.send(
        "{ me { id } }",
        given === undefined ? {} : { headers: { "x-request-id": given } },
      );
      return headers.get("x-request-id");
    };
    const made = expect.stringMatching(/^[0-9a-f]{8}-[0-9a-f-]{27}$/);

    expect(await idFor("0af7651916cd43dd8448eb211c80319c")).toBe("0af7651916cd43dd8448eb211c80319c");
    expect(await idFor()).toEqual(made);
    expect(await idFor("")).toEqual(made);
    expect(await idFor("with spaces")).toEqual(made);
    expect(await idFor("x".repeat(129))).toEqual(made);
    expect(await idFor('{"injected":true}')).toEqual(made);
  });
});

test("refuses automatic persisted queries, even with their query", async () => {
  const api = await startApi();
  const query = "{ me { id } }";
  const { status, headers, body } = await api.fetch("/graphql", {
    method: "POST",
    headers: json,
    body: JSON.stringify({
      query,
      extensions: { persistedQuery: { version: 1, sha256Hash: createHash("sha256").update(query).digest("hex") } },
    }),
  });
  expect(status).toBe(400);
  expect(body.errors![0]!.extensions).toEqual({ code: "BAD_REQUEST" });
  expect(headers.get("cache-control")).toBe("private, no-store");
});

test("answers HEAD at / as it answers GET, without the body", async () => {
  const api = await startApi();
  const { status, text } = await api.fetch("/", { method: "HEAD" });
  expect({ status, text }).toEqual({ status: 200, text: "" });
});

/** Sends bytes on a connection, and returns the answer until either side closes it. */
async function exchange(api: { url: string }, bytes: string, giveUp = false): Promise<string> {
  const socket = connect(Number(new URL(api.url).port), "127.0.0.1");
  let answer = "";
  socket.on("data", (chunk) => (answer += chunk));
  socket.write(bytes, () => giveUp && socket.destroy());
  await once(socket, "close");
  return answer;
}

test("answers bytes that aren't HTTP with JSON too", async () => {
  const api = await startApi();
  for (const [bytes, status] of [
    ["nonsense\r\n\r\n", 400],
    [`GET / HTTP/1.1\r\nhost: x\r\nlong: ${"x".repeat(20_000)}\r\n\r\n`, 431],
  ] as const) {
    const [head, body] = (await exchange(api, bytes)).split("\r\n\r\n");
    expect(head).toMatch(new RegExp(`^HTTP/1.1 ${status} `));
    expect(JSON.parse(body!).errors[0].extensions).toEqual({ code: "BAD_REQUEST" });
  }
});

test("logs a request that its client has abandoned, once", async () => {
  const api = await startApi();
  await exchange(
    api,
    "POST /graphql HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: 100\r\n\r\n{",
    true,
  );
  // The server may not have noticed yet; each answer to another request gives it the time.
  const lines = () => api.logged().filter(({ path }) => path === "/graphql");
  for (let asked = 0; asked < 100 && lines().length === 0; asked += 1) await api.fetch("/");
  await api.server.stop();
  expect(lines()).toEqual([expect.objectContaining({ method: "POST", aborted: true })]);
});

test("shortens an operation's name in the log", async () => {
  const api = await startApi();
  await api.send(`query ${"N".repeat(5000)} { me { id } }`);
  expect(api.logged()[0]!["operation"]).toBe("N".repeat(100));
});
