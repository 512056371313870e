import { generateKeyPairSync } from "node:crypto";
import { request } from "node:http";

import jwt from "jsonwebtoken";
import { describe, expect, test } from "vitest";

import { makeSchema } from "../src/schema.js";
import { startApi, testSecret, type Account, type Api } from "./support/api.js";
import { encode, parse, sign, signText } from "./support/forge.js";
import { rows } from "./support/rows.js";

// One guarded operation for each root field. A new root field belongs here, or among those that ignore the header.
const guarded: Record<string, string> = {
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
};
const ignoringTheHeader = ["login", "register", "refreshSession"];

test("every root field is among the guarded or among those that ignore the header", () => {
  const schema = makeSchema();
  const fields = [schema.getQueryType(), schema.getMutationType()].flatMap((type) => Object.keys(type!.getFields()));
  expect(
    [...Object.keys(guarded), ...ignoringTheHeader].toSorted(),
    "add a new field with a call of it to `guarded`, or its name to `ignoringTheHeader`",
  ).toEqual(fields.toSorted());
});

type Reason = "TOKEN_MISSING" | "TOKEN_INVALID" | "TOKEN_EXPIRED" | "USER_GONE" | "SESSION_REVOKED";
type Situation = { api: Api; account: Account; other: Account };
/** How a caller stands: what it sends, and what it is told; `undefined` where it is let in. */
type State = {
  readonly of: string;
  readonly reason: Reason | undefined;
  /** The Authorization headers. May move the clock or change the database first. */
  readonly authorization: (situation: Situation) => string[] | Promise<string[]>;
};

/** A token like the account's, with changes; `undefined` takes a claim away. */
function forged(
  { account }: Situation,
  claims: Record<string, unknown> = {},
  header: Record<string, unknown> = {},
  secret = testSecret,
): string[] {
  const good = parse(account.token);
  const token = { header: { ...good.header, ...header }, payload: { ...good.payload, ...claims } };
  return [`Bearer ${sign(token, secret)}`];
}

const secondsNow = ({ api }: Situation) => Math.floor(api.clock().getTime() / 1000);
const execute = ({ api }: Situation, sql: string, values: (string | number)[]) =>
  rows(api.server.database, sql, values);

const atItsAge = (of: string, milliseconds: number, reason: Reason | undefined): State => ({
  of,
  reason,
  authorization: ({ api, account }) => {
    api.clock.set(new Date(account.expiresAt.getTime() + milliseconds));
    return [`Bearer ${account.token}`];
  },
});

const claims = ["iss", "aud", "sub", "sid", "iat", "exp", "jti"] as const;
const ofAnotherType = { iss: 1, aud: ["postern"], sub: 1, sid: {}, iat: "1", exp: "9999999999", jti: null } as const;

// It takes a second to find primes.
let rsa: ReturnType<typeof makeRsa> | undefined;
const makeRsa = () => generateKeyPairSync("rsa", { modulusLength: 2048 });
const rsaPair = () => (rsa ??= makeRsa());

const states: State[] = [
  { of: "no header", reason: "TOKEN_MISSING", authorization: () => [] },
  { of: "a good token", reason: undefined, authorization: ({ account }) => [`Bearer ${account.token}`] },
  {
    of: "a good token after bearer in lower case",
    reason: undefined,
    authorization: ({ account }) => [`bearer ${account.token}`],
  },
  { of: "the same token put together by hand", reason: undefined, authorization: (s) => forged(s) },
  { of: "a token with a claim of somebody's own", reason: undefined, authorization: (s) => forged(s, { mine: true }) },

  atItsAge("a token 1 ms before exp", -1, undefined),
  atItsAge("a token at exp", 0, "TOKEN_EXPIRED"),
  atItsAge("a token 1 ms after exp", 1, "TOKEN_EXPIRED"),

  { of: "an empty header", reason: "TOKEN_INVALID", authorization: () => [""] },
  { of: "a scheme without a token", reason: "TOKEN_INVALID", authorization: () => ["Bearer"] },
  { of: "a token without a scheme", reason: "TOKEN_INVALID", authorization: ({ account }) => [account.token] },
  { of: "another scheme", reason: "TOKEN_INVALID", authorization: ({ account }) => [`Basic ${account.token}`] },
  {
    of: "two headers",
    reason: "TOKEN_INVALID",
    authorization: ({ account }) => [`Bearer ${account.token}`, `Bearer ${account.token}`],
  },
  {
    of: "two tokens in a header",
    reason: "TOKEN_INVALID",
    authorization: ({ account }) => [`Bearer ${account.token}, Bearer ${account.token}`],
  },
  { of: "something that is no JWT", reason: "TOKEN_INVALID", authorization: () => ["Bearer token"] },
  { of: "three parts that are no JSON", reason: "TOKEN_INVALID", authorization: () => ["Bearer a.b.c"] },
  {
    of: "a token of text",
    reason: "TOKEN_INVALID",
    authorization: ({ account }) => [
      `Bearer ${signText(JSON.stringify(parse(account.token).header), '"text"', testSecret)}`,
    ],
  },
  {
    of: "a token of null",
    reason: "TOKEN_INVALID",
    authorization: ({ account }) => [
      `Bearer ${signText(JSON.stringify(parse(account.token).header), "null", testSecret)}`,
    ],
  },
  {
    of: "a header of null",
    reason: "TOKEN_INVALID",
    authorization: ({ account }) => [
      `Bearer ${signText("null", JSON.stringify(parse(account.token).payload), testSecret)}`,
    ],
  },

  {
    of: "a signature of another key",
    reason: "TOKEN_INVALID",
    authorization: (s) => forged(s, {}, {}, "somebody else's secret of 32 bytes"),
  },
  {
    of: "a signature cut off",
    reason: "TOKEN_INVALID",
    authorization: ({ account }) => [`Bearer ${account.token.replace(/[^.]*$/, "")}`],
  },
  {
    of: "a payload exchanged under its signature",
    reason: "TOKEN_INVALID",
    authorization: ({ account, other }) => {
      const [header, , signature] = account.token.split(".");
      return [`Bearer ${[header, other.token.split(".")[1], signature].join(".")}`];
    },
  },

  { of: "HS384 with the right secret", reason: "TOKEN_INVALID", authorization: (s) => forged(s, {}, { alg: "HS384" }) },
  { of: "HS512 with the right secret", reason: "TOKEN_INVALID", authorization: (s) => forged(s, {}, { alg: "HS512" }) },
  {
    of: "alg none",
    reason: "TOKEN_INVALID",
    authorization: ({ account }) => {
      const { header, payload } = parse(account.token);
      return [`Bearer ${encode(JSON.stringify({ ...header, alg: "none" }))}.${encode(JSON.stringify(payload))}.`];
    },
  },
  { of: "alg None under a signature", reason: "TOKEN_INVALID", authorization: (s) => forged(s, {}, { alg: "None" }) },
  { of: "no alg", reason: "TOKEN_INVALID", authorization: (s) => forged(s, {}, { alg: undefined }) },
  ...(["RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512"] as const).map(
    (algorithm): State => ({
      of: `${algorithm} with a key of the caller's`,
      reason: "TOKEN_INVALID",
      authorization: ({ account }) => {
        const { header, payload } = parse(account.token);
        const { privateKey } = algorithm.startsWith("ES")
          ? generateKeyPairSync("ec", {
              namedCurve: { ES256: "P-256", ES384: "P-384", ES512: "P-521" }[algorithm as string]!,
            })
          : rsaPair();
        return [`Bearer ${jwt.sign(payload, privateKey, { algorithm, header: { ...header, alg: algorithm } })}`];
      },
    }),
  ),

  { of: "no kid", reason: "TOKEN_INVALID", authorization: (s) => forged(s, {}, { kid: undefined }) },
  { of: "an unknown kid", reason: "TOKEN_INVALID", authorization: (s) => forged(s, {}, { kid: "0123456789abcdef" }) },
  { of: "a kid that is no text", reason: "TOKEN_INVALID", authorization: (s) => forged(s, {}, { kid: 1 }) },
  {
    of: "a kid that every object has",
    reason: "TOKEN_INVALID",
    authorization: (s) => forged(s, {}, { kid: "__proto__" }),
  },
  {
    of: "two kids, the right one last",
    reason: "TOKEN_INVALID",
    authorization: ({ account }) => {
      const { header, payload } = parse(account.token);
      const doubled = JSON.stringify(header).replace("{", '{"kid":"0123456789abcdef",');
      return [`Bearer ${signText(doubled, JSON.stringify(payload), testSecret)}`];
    },
  },
  { of: "no typ", reason: "TOKEN_INVALID", authorization: (s) => forged(s, {}, { typ: undefined }) },
  { of: "typ JWT", reason: "TOKEN_INVALID", authorization: (s) => forged(s, {}, { typ: "JWT" }) },
  { of: "an unknown crit", reason: "TOKEN_INVALID", authorization: (s) => forged(s, {}, { crit: ["exp"] }) },
  { of: "a crit that names nothing", reason: "TOKEN_INVALID", authorization: (s) => forged(s, {}, { crit: [] }) },

  ...claims.map((claim): State => ({
    of: `no ${claim}`,
    reason: "TOKEN_INVALID",
    authorization: (s) => forged(s, { [claim]: undefined }),
  })),
  ...claims.map((claim): State => ({
    of: `${claim} of another type`,
    reason: "TOKEN_INVALID",
    authorization: (s) => forged(s, { [claim]: ofAnotherType[claim] }),
  })),
  ...(["iss", "aud", "sub", "sid", "jti"] as const).map((claim): State => ({
    of: `an empty ${claim}`,
    reason: "TOKEN_INVALID",
    authorization: (s) => forged(s, { [claim]: "" }),
  })),
  { of: "another issuer", reason: "TOKEN_INVALID", authorization: (s) => forged(s, { iss: "posterns" }) },
  { of: "another audience", reason: "TOKEN_INVALID", authorization: (s) => forged(s, { aud: "Postern" }) },
  {
    of: "a user who never was",
    reason: "USER_GONE",
    authorization: (s) => forged(s, { sub: "user_01ARZ3NDEKTSV4RRFFQ69G5FAV" }),
  },
  {
    of: "a session that never was",
    reason: "SESSION_REVOKED",
    authorization: (s) => forged(s, { sid: "session_01ARZ3NDEKTSV4RRFFQ69G5FAV" }),
  },
  {
    of: "somebody else's session",
    reason: "SESSION_REVOKED",
    authorization: (s) => forged(s, { sid: parse(s.other.token).payload["sid"] }),
  },
  {
    of: "operators in place of ids",
    reason: "TOKEN_INVALID",
    authorization: (s) => forged(s, { sub: { $ne: "" }, sid: { $ne: "" } }),
  },

  {
    of: "exp in milliseconds",
    reason: "TOKEN_INVALID",
    authorization: (s) => forged(s, { exp: s.account.expiresAt.getTime() }),
  },
  {
    of: "exp in parts of seconds",
    reason: "TOKEN_INVALID",
    authorization: (s) => forged(s, { exp: secondsNow(s) + 60.5 }),
  },
  {
    of: "exp beyond every number",
    reason: "TOKEN_INVALID",
    authorization: (s) => {
      const { header, payload } = parse(s.account.token);
      const text = JSON.stringify({ ...payload, exp: 0 }).replace('"exp":0', '"exp":1e999');
      return [`Bearer ${signText(JSON.stringify(header), text, testSecret)}`];
    },
  },
  {
    of: "exp 24 h after iat",
    reason: undefined,
    authorization: (s) => forged(s, { iat: secondsNow(s), exp: secondsNow(s) + 86_400 }),
  },
  {
    of: "exp 24 h and 1 s after iat",
    reason: "TOKEN_INVALID",
    authorization: (s) => forged(s, { iat: secondsNow(s), exp: secondsNow(s) + 86_401 }),
  },
  { of: "iat 60 s ahead", reason: undefined, authorization: (s) => forged(s, { iat: secondsNow(s) + 60 }) },
  { of: "iat 61 s ahead", reason: "TOKEN_INVALID", authorization: (s) => forged(s, { iat: secondsNow(s) + 61 }) },
  { of: "nbf 60 s ahead", reason: undefined, authorization: (s) => forged(s, { nbf: secondsNow(s) + 60 }) },
  { of: "nbf 61 s ahead", reason: "TOKEN_INVALID", authorization: (s) => forged(s, { nbf: secondsNow(s) + 61 }) },
  { of: "nbf of another type", reason: "TOKEN_INVALID", authorization: (s) => forged(s, { nbf: "soon" }) },

  {
    of: "an expired token of another audience",
    reason: "TOKEN_INVALID",
    authorization: (s) => {
      s.api.clock.set(s.account.expiresAt);
      return forged(s, { aud: "another" });
    },
  },
  {
    of: "an expired token of another key",
    reason: "TOKEN_INVALID",
    authorization: (s) => {
      s.api.clock.set(s.account.expiresAt);
      return forged(s, {}, {}, "somebody else's secret of 32 bytes");
    },
  },
  {
    of: "an expired token of a deleted user",
    reason: "TOKEN_EXPIRED",
    authorization: async (s) => {
      s.api.clock.set(s.account.expiresAt);
      await execute(s, "delete from users where id = ?", [s.account.id]);
      return [`Bearer ${s.account.token}`];
    },
  },
  {
    of: "a deleted user",
    reason: "USER_GONE",
    authorization: async (s) => {
      await execute(s, "delete from users where id = ?", [s.account.id]);
      return [`Bearer ${s.account.token}`];
    },
  },
  {
    of: "a deleted session",
    reason: "SESSION_REVOKED",
    authorization: async (s) => {
      await execute(s, "delete from sessions where user_id = ?", [s.account.id]);
      return [`Bearer ${s.account.token}`];
    },
  },
  {
    of: "a session at its end",
    reason: "SESSION_REVOKED",
    authorization: async (s) => {
      await execute(s, "update sessions set expires_at = ? where user_id = ?", [s.api.clock().getTime(), s.account.id]);
      return [`Bearer ${s.account.token}`];
    },
  },
  {
    of: "a session 1 ms before its end",
    reason: undefined,
    authorization: async (s) => {
      await execute(s, "update sessions set expires_at = ? where user_id = ?", [
        s.api.clock().getTime() + 1,
        s.account.id,
      ]);
      return [`Bearer ${s.account.token}`];
    },
  },
];

describe.each(states)("with $of", ({ reason, authorization }) => {
  test(reason === undefined ? "is let in everywhere" : `is told ${reason} everywhere`, async () => {
    const api = await startApi();
    const situation = { api, account: await api.register(), other: await api.register() };
    const headers = await authorization(situation);
    const expected = reason === undefined ? undefined : refusal(reason, situation);

    for (const [field, query] of Object.entries(guarded)) {
      // These would end what lets the others in; test/session.test.ts has them.
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

function refusal(reason: Reason, { api, account }: Situation) {
  return {
    message: "Could not validate credentials",
    extensions: {
      code: "UNAUTHENTICATED",
      reason,
      ...(reason === "TOKEN_EXPIRED" && { expiredAt: account.expiresAt.toISOString() }),
      serverTime: api.clock().toISOString(),
    },
  };
}

function challengeFor(reason: Reason): unknown {
  if (reason === "TOKEN_MISSING") return 'Bearer realm="postern"';
  return expect.stringMatching(/^Bearer realm="postern", error="invalid_token", error_description="[^"]+"$/);
}

function codesOf(body: any): string[] {
  return (body.errors ?? []).map((error: any) => error.extensions.code);
}

/** Posts with any number of Authorization headers, which `fetch` would join into one. */
function post(url: string, authorization: string[], query: string) {
  return new Promise<{ status: number; challenge: string | undefined; body: any }>((resolve, reject) => {
    const headers = { "content-type": "application/json", ...(authorization.length > 0 && { authorization }) };
    const sent = request(url, { method: "POST", headers: headers as any }, async (response) => {
      let text = "";
      for await (const chunk of response) text += chunk;
      resolve({
        status: response.statusCode!,
        challenge: response.headers["www-authenticate"],
        body: JSON.parse(text),
      });
    });
    sent.on("error", reject);
    sent.end(JSON.stringify({ query }));
  });
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

test("moves the line by the clock tolerance, and tells the same expiry", async () => {
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

test("finishes what began in time", async () => {
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
  ])("says what the header must be where it is $of", async ({ header }) => {
    const api = await startApi();
    const { token } = await api.register();
    const { headers, body } = await api.send("{ me { id } }", { headers: { authorization: header(token) } });
    expect(headers.get("www-authenticate")).toBe(
      'Bearer realm="postern", error="invalid_token", error_description="The Authorization header must be Bearer, a space and the access token"',
    );
    expect(body.errors![0]!.extensions["reason"]).toBe("TOKEN_INVALID");
  });

  test("is a 401 where every root field was refused, __typename apart", async () => {
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

  test("is part of an answer where any root field did something", async () => {
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
  test("lets a caller without a header read, and nobody with a bad one", async () => {
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
