import { once } from "node:events";
import { connect } from "node:net";

import { expect, test } from "vitest";

import type { Answer } from "../../../src/testing/transport.js";
import { startApi, type Api } from "../../support/api.js";

const json = { "content-type": "application/json" };

const standing = {
  vary: "Authorization, Accept, Origin",
  "x-content-type-options": "nosniff",
  "referrer-policy": "no-referrer",
  "cross-origin-resource-policy": "same-origin",
  "content-security-policy": "default-src 'none'; frame-ancestors 'none'",
};

const answers: Readonly<Record<string, (api: Api) => Promise<Answer>>> = {
  "a success": async (api) => (await api.register()).send("{ me { id } }"),
  "a mutation": (api) => api.send(`mutation { logout { __typename } }`),
  "a refusal": (api) => api.send("{ me { id } }"),
  "an anonymous GET": (api) => api.fetch("/graphql?query={__typename}"),
  "a mutation by GET": (api) => api.fetch("/graphql?query=mutation{__typename}"),
  "a document that doesn't parse": (api) => api.send("{"),
  "bad JSON": (api) => api.fetch("/graphql", { method: "POST", headers: json, body: "{" }),
  "too large a body": (api) =>
    api.fetch("/graphql", { method: "POST", headers: json, body: " ".repeat(1024 * 1024 + 1) }),
  "an Accept of nothing we have": (api) => api.fetch("/graphql?query={me{id}}", { headers: { accept: "image/png" } }),
  "a wrong method": (api) => api.fetch("/graphql", { method: "PUT" }),
  "a preflight": (api) =>
    api.fetch("/graphql", {
      method: "OPTIONS",
      headers: { origin: "https://evil.example", "access-control-request-method": "POST" },
    }),
};

test.each(Object.entries(answers))(
  "%s may not be cached, embedded, sniffed or named as a referrer",
  async (_of, ask) => {
    const headers = Object.fromEntries((await ask(await startApi())).headers);
    expect(headers).toMatchObject({ ...standing, "cache-control": "private, no-store" });
    expect(headers["x-request-id"]).toBeTruthy();
  },
);

test.each(["/nothing", "/%c0%af", "/.well-known/jwks.json"])(
  "%s has the same headers except for caching",
  async (path) => {
    const { headers } = await (await startApi()).fetch(path);
    expect(Object.fromEntries(headers)).toMatchObject(standing);
  },
);

test("an answer to bytes that aren't HTTP has them too", async () => {
  const api = await startApi();
  const socket = connect(Number(new URL(api.url).port), "127.0.0.1");
  let answer = "";
  socket.on("data", (chunk) => (answer += chunk));
  socket.write("nonsense\r\n\r\n");
  await once(socket, "close");
  for (const [name, value] of Object.entries(standing)) expect(answer).toContain(`${name}: ${value}\r\n`);
});

test("sends no headers about TLS, which ends in front of the server", async () => {
  const { headers } = await (await startApi()).fetch("/");
  expect(headers.has("strict-transport-security")).toBe(false);
});
