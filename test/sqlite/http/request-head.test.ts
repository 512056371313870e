// What a request's line and headers may be, and that one reading of them decides everything.
import { describe, expect, test } from "vitest";

import { startApi } from "../../support/api.js";
import { handshake, rawSocket } from "../../support/raw-socket.js";

const query = "/graphql?query=%7B__typename%7D";
const request = (lines: readonly string[], target = query) => `GET ${target} HTTP/1.1\r\n${lines.join("\r\n")}\r\n\r\n`;
const filler = (count: number) => Array.from({ length: count }, () => "a: b");

async function answerTo(api: { url: string }, text: string) {
  const client = await rawSocket(api, text);
  const all = await client.until(/\r\n\r\n[\s\S]*\}/);
  const [head = "", body = ""] = all.split("\r\n\r\n");
  return { status: Number(head.split(" ")[1]), head, body: JSON.parse(body) };
}

describe("header lines", () => {
  test("are all read, up to a thousand", async () => {
    const api = await startApi({ PUBLIC_READS: "true" });
    const lines = ["host: postern.test", ...filler(998), "authorization: Bearer nonsense"];
    const { status, body } = await answerTo(api, request(lines, "/graphql?query=%7Bposts%7BtotalCount%7D%7D"));
    expect(status).toBe(401);
    expect(body.errors[0].extensions.reason).toBe("TOKEN_INVALID");
  });

  test.each([
    ["a request", []],
    [
      "an offer of another protocol",
      ["connection: Upgrade, HTTP2-Settings", "upgrade: h2c", "http2-settings: AAMAAABkAAQ"],
    ],
    ["a WebSocket", handshake().split("\r\n").slice(2, -2)],
  ])("of %s beyond that are refused, with a line in the log", async (_of, lines) => {
    const api = await startApi({ PUBLIC_READS: "true" });
    const { status, body } = await answerTo(api, request(["host: postern.test", ...lines, ...filler(1000)]));
    expect(status).toBe(431);
    expect(body.errors[0].extensions.code).toBe("BAD_REQUEST");
    expect(api.logged().filter(({ msg }) => msg === "request")).toMatchObject([{ status: 431, code: "BAD_REQUEST" }]);
  });
});

test.each([
  ["no Host", [], 400],
  ["an expectation that nothing here can meet", ["host: postern.test", "expect: the-moon"], 417],
])("answers a request with %s in our form, and logs it", async (_of, lines, status) => {
  const api = await startApi();
  const answer = await answerTo(api, request(lines));
  expect(answer.status).toBe(status);
  expect(answer.body.errors[0].extensions.code).toBe("BAD_REQUEST");
  expect(answer.head).toMatch(/x-request-id: /i);
  expect(api.logged().filter(({ msg }) => msg === "request")).toMatchObject([{ status, code: "BAD_REQUEST" }]);
});

test("answers a client that waits for 100 Continue, and an HTTP/1.0 client without a Host", async () => {
  const api = await startApi();
  const continuing = await rawSocket(api, request(["host: postern.test", "expect: 100-continue"]));
  expect(await continuing.until(/__typename/)).toContain("HTTP/1.1 200");
  const old = await rawSocket(api, `GET ${query} HTTP/1.0\r\n\r\n`);
  expect(await old.until(/__typename/)).toContain("HTTP/1.1 200");
});

describe("a path", () => {
  const interesting = (headers: Headers) =>
    Object.fromEntries(["cache-control", "vary", "content-type", "allow"].map((name) => [name, headers.get(name)]));

  test.each([
    ["/%67raphql?query={__typename}", "/graphql?query={__typename}", "GET"],
    ["/graphq%6C?query={__typename}", "/graphql?query={__typename}", "GET"],
    ["/%67raphql", "/graphql", "DELETE"],
    ["/%6detrics", "/metrics", "GET"],
    ["/%72eadyz", "/readyz", "GET"],
    ["/%68ealthz", "/healthz", "HEAD"],
    ["/%68ealthz", "/healthz", "POST"],
  ])("%s is answered as %s is", async (encoded, plain, method) => {
    const api = await startApi({ METRICS: "on", CORS_ORIGINS: "*" });
    const ask = async (path: string) => {
      const headers = { origin: "https://app.test" };
      const answer = await fetch(new URL(path, api.url), { method, headers });
      const allowed = answer.headers.get("access-control-allow-origin");
      return { status: answer.status, allowed, ...interesting(answer.headers) };
    };
    expect(await ask(encoded)).toEqual(await ask(plain));
  });

  test("with a fragment, as no browser sends it, is the path before it", async () => {
    const api = await startApi();
    const { head } = await answerTo(api, request(["host: postern.test"], "/graphql#x?query=%7B__typename%7D"));
    expect(head).toMatch(/cache-control: private, no-store/i);
  });
});

describe("GET with Accept: text/event-stream", () => {
  const ask = (api: { url: string }, text: string) =>
    fetch(`${api.url}?query=${encodeURIComponent(text)}`, { headers: { accept: "text/event-stream" } });

  test("answers a query", async () => {
    const api = await startApi();
    const answer = await ask(api, "{ __typename }");
    expect(answer.status).toBe(200);
    expect(answer.headers.get("content-type")).toBe("text/event-stream; charset=utf-8");
    expect(await answer.text()).toContain(`event: next\ndata: {"data":{"__typename":"Query"}}\n\nevent: complete`);
  });

  test.each(["subscription { postEvents { kind } }", "mutation { logoutEverywhere { endedSessions } }"])(
    "refuses %s, and says how to send it",
    async (text) => {
      const api = await startApi();
      const answer = await ask(api, text);
      expect(answer.status).toBe(405);
      expect(answer.headers.get("allow")).toBe("POST");
      expect(((await answer.json()) as any).errors[0]).toMatchObject({
        message: "Only queries may be sent by GET; send mutations and subscriptions by POST",
        extensions: { code: "METHOD_NOT_ALLOWED" },
      });
    },
  );
});

describe("an empty operationName", () => {
  test("means none, and variables=null are none", async () => {
    const api = await startApi();
    const byUrl = await fetch(`${api.url}?query={__typename}&operationName=&variables=null&extensions=null`);
    expect(await byUrl.json()).toEqual({ data: { __typename: "Query" } });
    const headers = { "content-type": "application/json" };
    const body = JSON.stringify({ query: "query Q { __typename }", operationName: "", variables: null });
    const byPost = await fetch(api.url, { method: "POST", headers, body });
    expect(await byPost.json()).toEqual({ data: { __typename: "Query" } });
  });
});

describe("the client's address", () => {
  const login = `mutation { login(input: { email: "a@b.test", password: "wrong password!" }) { expiresIn } }`;
  const addressFor = async (forwarded: string, proxies = "loopback, 10.0.0.0/8") => {
    const api = await startApi({ TRUST_PROXY: proxies });
    await api.send(login, { headers: { "x-forwarded-for": forwarded } });
    return api.logged().find(({ msg }) => msg === "session")!["address"];
  };

  test.each([
    ["203.0.113.7", "203.0.113.7"],
    ["203.0.113.7:4711", "203.0.113.7"],
    ["[2001:db8::7]:4711", "2001:db8::7"],
    ["[2001:db8::7]", "2001:db8::7"],
    ["2001:db8::7", "2001:db8::7"],
    ["203.0.113.7:4711, 10.0.0.2:8080", "203.0.113.7"],
    ["nonsense, 203.0.113.7", "203.0.113.7"],
    // Only the proxy that says so is known.
    ["unknown", "127.0.0.1"],
    ["203.0.113.7, unknown, 10.0.0.2", "10.0.0.2"],
    ["203.0.113.7:99999999", "127.0.0.1"],
    ["", "127.0.0.1"],
  ])("of X-Forwarded-For: %s is %s", async (forwarded, address) => {
    expect(await addressFor(forwarded)).toBe(address);
  });
});
