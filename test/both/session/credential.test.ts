import { describe, expect, test } from "vitest";

import { declarationsOf } from "../../../src/graphql/declarations.js";
import { makeSchema } from "../../../src/graphql/schema.js";
import { startApi, type Api } from "../../support/api.js";
import { exchange } from "../../support/exchange.js";
import { refusal, tokenStates, type Reason } from "../../support/token-states.js";

/** An operation for each root field, and others for one that needs a credential only without another argument. */
const operations: Record<string, string> = {
  me: "{ me { id } }",
  post: `{ post(id: "post_x") { id } }`,
  posts: "{ posts { nodes { id } } }",
  node: `{ node(id: "post_x") { id } }`,
  createPost: `mutation { createPost(input: { title: "T", content: "C" }) { post { id } } }`,
  updatePost: `mutation { updatePost(input: { id: "post_x", title: "T" }) { post { id } } }`,
  votePost: `mutation { votePost(input: { postId: "post_x" }) { post { id } } }`,
  unvotePost: `mutation { unvotePost(input: { postId: "post_x" }) { post { id } } }`,
  // Without a refresh token.
  logout: "mutation { logout { endedSessions } }",
  logoutEverywhere: "mutation { logoutEverywhere { endedSessions } }",
  revokeSession: `mutation { revokeSession(input: { sessionId: "session_x" }) { sessionId } }`,
  changePassword: `mutation { changePassword(input: { currentPassword: "wrong", newPassword: "another password" }) { endedSessions } }`,
  deleteAccount: `mutation { deleteAccount(input: { currentPassword: "wrong" }) { deletedUserId } }`,
  deletePost: `mutation { deletePost(input: { id: "post_x" }) { deletedPostId } }`,
  postEvents: "subscription { postEvents { kind } }",
  login: `mutation { login(input: { email: "nobody@example.com", password: "wrong" }) { accessToken } }`,
  register: `mutation { register(input: { name: "", email: "", password: "" }) { accessToken } }`,
  refreshSession: `mutation { refreshSession(input: { refreshToken: "x" }) { accessToken } }`,
};
const withStandIn: Record<string, string> = {
  logout: `mutation { logout(input: { refreshToken: "x" }) { endedSessions } }`,
};

const declarations = declarationsOf(makeSchema());
const nameOf = (field: string) => field.split(".")[1]!;

test("every root field declares its credential, and is in the matrix", () => {
  expect(declarations.filter(({ isDeclared }) => !isDeclared).map(({ field }) => field)).toEqual([]);
  expect(Object.keys(operations).toSorted()).toEqual(declarations.map(({ field }) => nameOf(field)).toSorted());
  expect(Object.keys(withStandIn)).toEqual(
    declarations.filter(({ unless }) => unless !== undefined).map(({ field }) => nameOf(field)),
  );
});

/** The rows of the matrix: the operations of fields that need a credential, and of those that ignore it. */
const guarded = declarations
  // A subscription over these is refused as such; test/both/live/live-end.test.ts has its credentials.
  .filter(({ field, needs }) => needs !== "none" && !field.startsWith("Subscription."))
  .map(({ field }) => [nameOf(field), operations[nameOf(field)]!] as const);
const ignoring = [
  ...declarations.filter(({ needs }) => needs === "none").map(({ field }) => operations[nameOf(field)]!),
  ...Object.values(withStandIn),
];

describe.each(tokenStates)("with $of", ({ reason, authorization }) => {
  test(reason === undefined ? "is let in everywhere" : `is told ${reason} everywhere`, async () => {
    const api = await startApi();
    const situation = { api, account: await api.register(), other: await api.register() };
    const headers = await authorization(situation);
    const expected = reason === undefined ? undefined : refusal(reason, situation);

    for (const query of ignoring) {
      expect(codesOf((await post(api.url, headers, query)).body)).not.toContain("UNAUTHENTICATED");
      expect(codesOf(await execution(api, headers, query))).not.toContain("UNAUTHENTICATED");
    }
    for (const [field, query] of guarded) {
      // These would end what lets the others in; test/both/session/session.test.ts has them.
      if (expected === undefined && field.startsWith("logout")) continue;
      const http = await post(api.url, headers, query);
      const direct = await execution(api, headers, query);
      if (expected === undefined) {
        expect({ field, codes: codesOf(http.body), status: http.status }).toEqual({
          field,
          codes: codesOf(direct),
          status: 200,
        });
        expect(codesOf(http.body)).not.toContain("UNAUTHENTICATED");
        continue;
      }
      const whole = { errors: [{ ...expected, path: [field], locations: expect.anything() }] };
      expect(http).toEqual({ status: 401, challenge: challengeFor(reason!), body: whole });
      expect(direct).toEqual(whole);
    }
  });
});

function challengeFor(reason: Reason): unknown {
  if (reason === "TOKEN_MISSING") return 'Bearer realm="postern"';
  return expect.stringMatching(/^Bearer realm="postern", error="invalid_token", error_description="[^"]+"$/);
}

function codesOf(body: any): string[] {
  return (body.errors ?? []).map((error: any) => error.extensions.code);
}

/** Posts with any number of Authorization headers, which `fetch` would join into one. */
async function post(url: string, authorization: readonly string[], query: string) {
  const { status, headers, body } = await exchange(new URL(url), {
    headers: { "content-type": "application/json", ...(authorization.length > 0 && { authorization }) },
    body: JSON.stringify({ query }),
  });
  return { status, challenge: headers["www-authenticate"], body };
}

/** Runs the operation without HTTP, with the context that a request with these headers would have. */
async function execution(api: Api, authorization: string[], query: string) {
  const contextValue = await api.server.createContext({ authorization, userAgent: null, address: null });
  const { body } = await api.server.apollo.executeOperation({ query }, { contextValue });
  if (body.kind !== "single") throw new Error("expected one result");
  return JSON.parse(JSON.stringify(body.singleResult));
}

test("reads no token from the query string", async () => {
  const api = await startApi();
  const { token } = await api.register();

  const bearer = `Bearer ${token}`;
  const inExtensions = encodeURIComponent(
    JSON.stringify({ authorization: bearer, headers: { authorization: bearer } }),
  );
  for (const place of [
    `access_token=${token}`,
    `token=${token}`,
    `authorization=${encodeURIComponent(bearer)}`,
    `extensions=${inExtensions}`,
  ]) {
    const { status, body } = await api.fetch(`/graphql?query={me{id}}&${place}`);
    expect(status).toBe(401);
    expect(body.errors![0]!.extensions["reason"]).toBe("TOKEN_MISSING");
  }
});

test("accepts it until the end of the clock tolerance, and reports the same expiry", async () => {
  const api = await startApi({ CLOCK_TOLERANCE: "5s" });
  const { send, expiresAt } = await api.register();

  api.clock.set(new Date(expiresAt.getTime() + 4_999));
  expect((await send("{ me { id } }")).status).toBe(200);
  api.clock.set(new Date(expiresAt.getTime() + 5_000));
  expect((await send("{ me { id } }")).body.errors![0]!.extensions).toMatchObject({
    reason: "TOKEN_EXPIRED",
    expiredAt: expiresAt.toISOString(),
  });
});

test("finishes operations that began in time", async () => {
  const api = await startApi();
  const { token, expiresAt } = await api.register();
  api.clock.set(new Date(expiresAt.getTime() - 1));
  const contextValue = await api.server.createContext({
    authorization: [`Bearer ${token}`],
    userAgent: null,
    address: null,
  });

  api.clock.set(expiresAt);
  const { body } = await api.server.apollo.executeOperation({ query: "{ me { id } }" }, { contextValue });

  expect(body).toMatchObject({ singleResult: { data: { me: { id: expect.any(String) } } } });
});

describe("the answer to a refused credential", () => {
  const both = "{ me { id } posts { nodes { id } } }";

  test.each([
    {
      accept: "application/graphql-response+json",
      status: 401,
      type: "application/graphql-response+json; charset=utf-8",
    },
    {
      accept: "application/graphql-response+json, application/json;q=0.9",
      status: 401,
      type: "application/graphql-response+json; charset=utf-8",
    },
    {
      accept: "application/json, application/graphql-response+json",
      status: 401,
      type: "application/graphql-response+json; charset=utf-8",
    },
    { accept: "*/*", status: 401, type: "application/json; charset=utf-8" },
    { accept: "application/json", status: 200, type: "application/json; charset=utf-8" },
    { accept: "application/json;charset=utf-8", status: 200, type: "application/json; charset=utf-8" },
  ])("to a client that accepts $accept is a $status", async ({ accept, status, type }) => {
    const api = await startApi();
    const answer = await api.send("{ posts { nodes { id } } }", { headers: { accept } });
    expect(answer.status).toBe(status);
    expect(answer.headers.get("content-type")).toBe(type);
    expect(answer.headers.get("www-authenticate")).toBe('Bearer realm="postern"');
    expect(answer.headers.get("cache-control")).toBe("private, no-store");
    expect(answer.headers.get("vary")).toBe("Authorization, Accept, Origin");
    expect(answer.body).not.toHaveProperty("data");
    expect(answer.body.errors).toHaveLength(1);
  });

  test.each([
    { of: "a token without its scheme", header: (token: string) => token },
    { of: "another scheme", header: (token: string) => `Token ${token}` },
  ])("says what the header must be if it is $of", async ({ header }) => {
    const api = await startApi();
    const { token } = await api.register();
    const { headers, body } = await api.send("{ me { id } }", { headers: { authorization: header(token) } });
    expect(headers.get("www-authenticate")).toBe(
      'Bearer realm="postern", error="invalid_token", error_description="The Authorization header must be Bearer, a space and the access token"',
    );
    expect(body.errors![0]!.extensions["reason"]).toBe("TOKEN_INVALID");
  });

  test("is a 401 if every root field except __typename was refused", async () => {
    const api = await startApi();
    for (const query of [
      both,
      `{ __typename ${both.slice(1)}`,
      `query { ...F } fragment F on Query { post(id: "x") { id } }`,
      `{ me { id } __schema @skip(if: true) { queryType { name } } }`,
      `{ me { id } ... @include(if: false) { __schema { queryType { name } } } }`,
    ]) {
      const { status, body } = await api.send(query);
      expect(status).toBe(401);
      expect(body).not.toHaveProperty("data");
    }
  });

  test("is part of an answer if any root field succeeded", async () => {
    const api = await startApi({ PUBLIC_READS: "true" });
    for (const query of [both, `{ __schema { queryType { name } } me { id } }`, `{ post(id: "x") { id } me { id } }`]) {
      const { status, body, headers } = await api.send(query);
      expect(status).toBe(294);
      expect(body.data).toBeNull();
      expect(body.errors![0]).toMatchObject({ path: ["me"], extensions: { code: "UNAUTHENTICATED" } });
      expect(headers.get("www-authenticate")).toBeNull();
    }
  });
});

describe("with public reads", () => {
  test("lets callers without a header read, but none with an invalid one", async () => {
    const api = await startApi({ PUBLIC_READS: "true" });
    const { send } = await api.register("Ada");
    const created = await send(`mutation { createPost(input: { title: "T", content: "C" }) { post { id } } }`);
    const { id } = created.body.data.createPost.post;
    const read = `{ posts { totalCount nodes { author { name email } } } post(id: "${id}") { title } }`;

    const anonymous = await api.send(read);
    expect(anonymous.body).toEqual({
      data: { posts: { totalCount: 1, nodes: [{ author: { name: "Ada", email: null } }] }, post: { title: "T" } },
    });

    for (const authorization of ["", "Bearer nonsense", "Basic eDp5"]) {
      const { status, body } = await api.send(read, { headers: { authorization } });
      expect(status).toBe(401);
      expect(body.errors!.map((error) => error.extensions["reason"])).toContain("TOKEN_INVALID");
    }
    const write = await api.send(`mutation { deletePost(input: { id: "${id}" }) { deletedPostId } }`);
    expect(write.body.errors![0]!.extensions["reason"]).toBe("TOKEN_MISSING");
  });
});
