import "postern/vitest";
import {
  assertFailed,
  assertGuarded,
  assertSucceeded,
  assertUnauthenticated,
  createTestServer,
  type TestServerOptions,
  type Transport,
} from "postern/testing";
import { KnownError, Needs, type ErrorCode } from "postern";
import sqlite3 from "sqlite3";
import { Arg, Query, Resolver } from "type-graphql";
import { describe, expect, onTestFinished, test, vi } from "vitest";

import { bookmarks } from "../../../examples/bookmarks/bookmark.feature.js";
import { connect } from "../../support/live.js";

async function start(options: TestServerOptions = {}) {
  const api = await createTestServer({ ...bookmarks, ...options });
  onTestFinished(api.stop);
  return api;
}

const ways: Transport[] = ["http", "execute", "socket"];

describe.each(ways)("over %s", (over) => {
  test("accepts a session until its token expires, and reports the reason afterwards", async () => {
    const api = await start({ over });
    const ada = await api.as("Ada");
    expect(await ada.send("{ me { name email } }")).toMatchObject({
      body: { data: { me: { name: "Ada", email: "ada@example.com" } } },
    });
    expect(await ada.send("query ($n: Int!) { posts(first: $n) { totalCount } }", { variables: { n: 1 } })).toSucceed();

    api.clock.set(new Date(ada.expiresAt.getTime() - 1));
    expect(await ada.send("{ bookmarks { id } }")).toSucceed();
    api.clock.advance(1);
    const refused = await ada.send("{ bookmarks { id } }");
    expect(refused).toBeUnauthenticated("TOKEN_EXPIRED");
    expect(refused.status).toBe(over === "socket" ? 0 : 401);
    expect(refused.body.errors![0]!.extensions).toMatchObject({ expiredAt: ada.expiresAt.toISOString() });
  });

  test("reports the reason for each invalid credential", async () => {
    const api = await start({ over });
    const ada = await api.as("Ada");
    const asked = (token?: string) => api.send("{ me { id } }", { token });
    expect(await asked()).toBeUnauthenticated("TOKEN_MISSING");
    expect(await asked(ada.tokens.expired())).toBeUnauthenticated("TOKEN_EXPIRED");
    expect(await asked(ada.tokens.tampered())).toBeUnauthenticated("TOKEN_INVALID");
    expect(await asked(ada.tokens.ofAnotherKey())).toBeUnauthenticated("TOKEN_INVALID");
    expect(await asked(ada.token)).toSucceed();
  });
});

test("opens sessions for people by name, each created once, without hashing", async () => {
  // It would take longer than a test may.
  const api = await start({ passwordCost: { memoryCost: 2 ** 30, timeCost: 100, parallelism: 1 } });
  const [phone, laptop, bob] = [await api.as("Ada"), await api.as("Ada"), await api.as("Bob")];
  expect(laptop.id).toBe(phone.id);
  expect(laptop.sessionId).not.toBe(phone.sessionId);
  expect(bob.id).not.toBe(phone.id);
  const { body } = await laptop.send("{ me { sessions { id current } } }");
  expect(body.data.me.sessions).toEqual([
    { id: laptop.sessionId, current: true },
    { id: phone.sessionId, current: false },
  ]);
});

test("registers people with passwords that log in", async () => {
  const api = await start();
  const { email, password } = await api.register("Ada");
  const logIn = "mutation ($input: LoginInput!) { login(input: $input) { accessToken } }";
  expect(await api.send(logIn, { variables: { input: { email, password } } })).toSucceed();
  expect(await api.send(logIn, { variables: { input: { email, password: "another password" } } })).toFailWith(
    "INVALID_CREDENTIALS",
  );
  expect(api.events()).toMatchObject([
    { event: "signed in", cause: "register" },
    { event: "signed in", cause: "login" },
    { event: "sign-in refused" },
  ]);
});

test("an expired token is expired whatever the tolerance, and its session stays", async () => {
  const api = await start({ settings: { CLOCK_TOLERANCE: "60s", ACCESS_TOKEN_TTL: "5m" } });
  const ada = await api.as("Ada");
  expect(await api.send("{ me { id } }", { token: ada.tokens.expired() })).toBeUnauthenticated("TOKEN_EXPIRED");
  expect(await ada.send("{ me { id } }")).toSucceed();
});

test("the clock moves for sockets as for requests: one is closed when its token expires", async () => {
  const api = await start();
  const { token } = await api.as("Ada");
  const { closed } = await connect(api, token);
  api.clock.advance("30m");
  expect(await closed).toMatchObject({ code: 4403, reason: "TOKEN_EXPIRED" });
});

test.each(["30", "1 h", "m"])("a clock isn't moved by %s", async (duration) => {
  const api = await start();
  const before = api.clock();
  expect(() => api.clock.advance(duration)).toThrow(`"${duration}" is no duration: 90s, 30m, 12h and 90d are`);
  expect(api.clock()).toEqual(before);
});

test("counts the statements of one piece of work only", async () => {
  const api = await start();
  const ada = await api.as("Ada");
  const statements = await api.countStatements(() => ada.send("{ bookmarks { id } }"));
  expect(statements).toEqual([expect.stringContaining("join sessions"), expect.stringContaining("from bookmarks")]);
  const methods = sqlite3.Statement.prototype as unknown as Record<string, unknown>;
  const { all } = methods;
  expect(await api.countStatements(async () => {})).toEqual([]);
  expect(methods["all"]).toBe(all);
  await expect(api.countStatements(() => Promise.reject(new Error("as it is")))).rejects.toThrow("as it is");
});

test("reports differences between migrations and entities", async () => {
  const api = await start();
  expect(await api.missingMigration()).toBe("");
  const without = await start({ migrations: [] });
  expect(await without.missingMigration()).toMatch(/^create table `bookmarks` /);
});

test("parallel tests have servers, clocks and people of their own", async () => {
  const times = await Promise.all(
    [1, 2, 3].map(async (minutes) => {
      const api = await start();
      const ada = await api.as("Ada");
      api.clock.advance(`${minutes}m`);
      expect(
        await ada.send(`mutation { createPost(input: { title: "${minutes}", content: "…" }) { post { id } } }`),
      ).toSucceed();
      const { body } = await ada.send("{ posts { nodes { title createdAt } } }");
      expect(body.data.posts.nodes).toEqual([{ title: String(minutes), createdAt: api.clock().toISOString() }]);
      return api.clock().getTime();
    }),
  );
  expect(new Set(times).size).toBe(3);
});

test("`await using` stops the server at the end of its block", async () => {
  let url: string;
  {
    await using api = await createTestServer();
    url = api.url;
    expect((await api.fetch("/")).status).toBe(200);
  }
  await expect(fetch(url)).rejects.toThrow("fetch failed");
});

describe("with a test runner's own fake timers", () => {
  test.each(ways)("starts, answers over %s and stops", async (over) => {
    vi.useFakeTimers();
    try {
      const api = await createTestServer({ ...bookmarks, over });
      const ada = await api.as("Ada");
      expect(await ada.send("{ bookmarks { id } }")).toSucceed();
      api.clock.advance("30m");
      expect(await ada.send("{ bookmarks { id } }")).toBeUnauthenticated("TOKEN_EXPIRED");
      await api.stop();
    } finally {
      vi.useRealTimers();
    }
  });
});

describe("guards of root fields", () => {
  const operations = {
    bookmarks: "{ bookmarks { id } }",
    addBookmark: 'mutation { addBookmark(postId: "post_x") { id } }',
  };

  test("are found if each field refuses every invalid credential", async () => {
    await expect(assertGuarded(await start(), operations)).resolves.toBeUndefined();
  });

  test("are missed if a field is in no operation, or one answers without a credential", async () => {
    const api = await start();
    await expect(assertGuarded(api, { bookmarks: operations.bookmarks })).rejects.toThrow(
      'addBookmark: give an operation with it, or declare it @Needs("none")',
    );
    await expect(assertGuarded(api, { ...operations, more: "{ __typename }" })).rejects.toThrow(
      /^more with TOKEN_MISSING: an answer without errors\n(more with .*\n){3}more with SESSION_REVOKED/,
    );
  });
});

describe("expectations of an answer", () => {
  const data = { body: { data: { me: null } } };
  const refused = (reason: string) => ({
    message: "Could not validate credentials",
    path: ["me"],
    extensions: { code: "UNAUTHENTICATED", reason },
  });
  const expired = { body: { errors: [refused("TOKEN_EXPIRED")] } };
  const mixed = { errors: [refused("TOKEN_EXPIRED"), { message: "no", extensions: { code: "NOT_FOUND" } }] };
  const told = /errors:\n {2}UNAUTHENTICATED at me: Could not validate credentials {"reason":"TOKEN_EXPIRED"}/;

  test("pass with matchers and with plain assertions", () => {
    expect(data).toSucceed();
    expect(expired).not.toSucceed();
    expect(expired).toBeUnauthenticated();
    expect(expired).toBeUnauthenticated("TOKEN_EXPIRED");
    expect(expired).not.toBeUnauthenticated("TOKEN_INVALID");
    expect(mixed).not.toBeUnauthenticated();
    expect(expired).toFailWith("UNAUTHENTICATED");
    expect(data).not.toFailWith("UNAUTHENTICATED");
    assertSucceeded(data);
    assertUnauthenticated(expired, "TOKEN_EXPIRED");
    assertFailed(expired, "UNAUTHENTICATED");
  });

  test("fail with what was found", () => {
    expect(() => expect(expired).toSucceed()).toThrow(told);
    expect(() => expect(data).not.toSucceed()).toThrow("Expected anything but success");
    expect(() => expect(expired).toBeUnauthenticated("USER_GONE")).toThrow(
      /^Expected UNAUTHENTICATED USER_GONE, and got/,
    );
    expect(() => assertSucceeded(expired)).toThrow(told);
    expect(() => assertSucceeded({})).toThrow("no GraphQL answer");
    expect(() => assertFailed(data, "NOT_FOUND")).toThrow("Expected NOT_FOUND, and got an answer without errors");
    expect(() => assertUnauthenticated(mixed)).toThrow(/NOT_FOUND: no/);
  });
});

@Resolver()
class Broken {
  @Query(() => String)
  @Needs("none")
  broken(@Arg("code", () => String, { nullable: true }) code?: string): string {
    throw code === undefined ? new RangeError("the shelf is broken") : new KnownError(code as ErrorCode, "full");
  }
}

test("a failed assertion shows the exception that an answer masks, and how to send it instead", async () => {
  const api = await createTestServer({ resolvers: [Broken] });
  onTestFinished(api.stop);
  const masked = await api.send("{ broken }");
  expect(masked.text).not.toContain("shelf");
  expect(() => expect(masked).toSucceed()).toThrow(
    /INTERNAL_SERVER_ERROR at broken: .*\n {4}RangeError: the shelf is broken\n.* at .*kit\.test/,
  );
  const undeclared = await api.send('{ broken(code: "SHELF_FULL") }');
  expect(() => assertSucceeded(undeclared)).toThrow("add it to the feature's errorCodes");
});
