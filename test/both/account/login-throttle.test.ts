import { describe, expect, test } from "vitest";

import { addressKeyOf } from "../../../src/foundation/fairness/address.js";
import type { TestAccount as Account } from "../../../src/testing/account.js";
import type { Answer } from "../../../src/testing/transport.js";
import { startApi, type Api } from "../../support/api.js";
import { rows } from "../../support/rows.js";

const minutes = 60_000;

/** The test server's word for where a request comes from. */
const from = (address: string) => ({ "x-forwarded-for": address });
const behindProxy = { TRUST_PROXY: "127.0.0.1" };

const login = (api: Api, email: string, password: string, address = "203.0.113.1") =>
  api.send(`mutation ($input: LoginInput!) { login(input: $input) { user { id } } }`, {
    variables: { input: { email, password } },
    headers: from(address),
  });

const codeOf = ({ body }: Answer) => body.errors?.[0]?.extensions.code ?? "OK";

async function guess(api: Api, times: number, email: string, address?: string) {
  for (let time = 0; time < times; time += 1)
    expect(codeOf(await login(api, email, "a wrong guess", address))).toBe("INVALID_CREDENTIALS");
}

test("makes the eleventh guess wait, and each one after it longer, up to a quarter of an hour", async () => {
  const api = await startApi(behindProxy);
  const { email, password } = await api.register();
  await guess(api, 10, email);

  for (const seconds of [30, 60, 120, 240, 480, 900, 900]) {
    const refused = await login(api, email, password);
    expect(refused.status).toBe(429);
    expect(refused.headers.get("retry-after")).toBe(String(seconds));
    expect(refused.body).toEqual({
      errors: [
        expect.objectContaining({
          message: "Too many attempts; wait before the next",
          extensions: { code: "TOO_MANY_ATTEMPTS", retryAfterSeconds: seconds },
        }),
      ],
    });
    api.clock.advance(seconds * 1000);
    await guess(api, 1, email);
  }
});

test("does not lengthen a wait for tries during it", async () => {
  const api = await startApi(behindProxy);
  const { email, password } = await api.register();
  await guess(api, 10, email);

  for (let time = 0; time < 5; time += 1) expect(codeOf(await login(api, email, password))).toBe("TOO_MANY_ATTEMPTS");
  api.clock.advance(29_999);
  const { body } = await login(api, email, password);
  expect(body.errors![0]!.extensions["retryAfterSeconds"]).toBe(1);
  api.clock.advance(1);
  expect(codeOf(await login(api, email, password))).toBe("OK");
});

test("counts afresh after a success, and after a day", async () => {
  const api = await startApi(behindProxy);
  const { email, password } = await api.register();
  await guess(api, 9, email);
  expect(codeOf(await login(api, email, password))).toBe("OK");
  await guess(api, 10, email);
  expect(codeOf(await login(api, email, password))).toBe("TOO_MANY_ATTEMPTS");

  api.clock.advance(24 * 60 * minutes);
  await guess(api, 10, email);
  expect(codeOf(await login(api, email, password))).toBe("TOO_MANY_ATTEMPTS");
});

test("counts unknown emails as it counts known ones", async () => {
  const api = await startApi(behindProxy);
  await guess(api, 10, "nobody@example.com");
  expect(codeOf(await login(api, "NOBODY@example.com", "another guess"))).toBe("TOO_MANY_ATTEMPTS");
});

test("counts guesses at an account over all addresses", async () => {
  const api = await startApi(behindProxy);
  const { email, password } = await api.register();
  for (let host = 1; host <= 10; host += 1) await guess(api, 1, email, `198.51.100.${host}`);

  expect(codeOf(await login(api, email, "a guess", "198.51.100.99"))).toBe("TOO_MANY_ATTEMPTS");
  expect(codeOf(await login(api, email, password, "203.0.113.1"))).toBe("TOO_MANY_ATTEMPTS");
});

test("locks nobody out of an address that signed them in within 30 days", async () => {
  const api = await startApi(behindProxy);
  const { email, password } = await api.register();
  expect(codeOf(await login(api, email, password, "203.0.113.1"))).toBe("OK");

  for (let host = 1; host <= 10; host += 1) await guess(api, 1, email, `198.51.100.${host}`);
  expect(codeOf(await login(api, email, password, "203.0.113.2"))).toBe("TOO_MANY_ATTEMPTS");
  expect(codeOf(await login(api, email, password, "203.0.113.1"))).toBe("OK");

  api.clock.advance(30 * 24 * 60 * minutes - 1000);
  for (let host = 1; host <= 10; host += 1) await guess(api, 1, email, `198.51.100.${host}`);
  expect(codeOf(await login(api, email, "a typo", "203.0.113.1"))).toBe("INVALID_CREDENTIALS");

  api.clock.advance(1000);
  expect(codeOf(await login(api, email, password, "203.0.113.1"))).toBe("TOO_MANY_ATTEMPTS");
});

test("limits an address's guesses over all accounts, which no success resets", async () => {
  const api = await startApi(behindProxy);
  const { email, password } = await api.register();
  for (let account = 0; account < 50; account += 1) await guess(api, 2, `nobody${account}@example.com`, "198.51.100.7");

  expect(codeOf(await login(api, email, password, "198.51.100.7"))).toBe("TOO_MANY_ATTEMPTS");
  expect(codeOf(await login(api, email, password, "198.51.100.8"))).toBe("OK");
  api.clock.advance(30_000);
  expect(codeOf(await login(api, email, password, "198.51.100.7"))).toBe("OK");
  await guess(api, 1, "other@example.com", "198.51.100.7");
  expect(codeOf(await login(api, email, password, "198.51.100.7"))).toBe("TOO_MANY_ATTEMPTS");
});

test("clears the account's counter at a success, for addresses that it doesn't know too", async () => {
  const api = await startApi(behindProxy);
  const { email, password } = await api.register();
  for (let host = 1; host <= 9; host += 1) await guess(api, 1, email, `198.51.100.${host}`);
  expect(codeOf(await login(api, email, password, "203.0.113.1"))).toBe("OK");

  for (let host = 11; host <= 19; host += 1) await guess(api, 1, email, `198.51.100.${host}`);
  expect(codeOf(await login(api, email, password, "203.0.113.2"))).toBe("OK");
});

test("forgets an address's failures with time, so that an office with occasional typos never waits", async () => {
  const api = await startApi(behindProxy);
  const { email, password } = await api.register();
  for (let typo = 0; typo < 120; typo += 1) {
    await guess(api, 1, email, "198.51.100.7");
    expect(codeOf(await login(api, email, password, "198.51.100.7"))).toBe("OK");
    api.clock.advance(6 * 60 * minutes);
  }
});

test("forgets failures one by one", async () => {
  const api = await startApi(behindProxy);
  const { email, password } = await api.register();
  await guess(api, 10, email);
  // A tenth of a day later one is forgotten; the next makes ten again.
  api.clock.advance(144 * minutes);
  await guess(api, 1, email);
  expect(codeOf(await login(api, email, password))).toBe("TOO_MANY_ATTEMPTS");
  api.clock.advance(143 * minutes);
  await guess(api, 1, email);
  expect((await login(api, email, password)).body.errors![0]!.extensions["retryAfterSeconds"]).toBe(60);
});

test("knows the address that registered the account", async () => {
  const api = await startApi(behindProxy);
  const ada = await api.register();
  for (let host = 1; host <= 10; host += 1) await guess(api, 1, ada.email, `198.51.100.${host}`);
  expect(codeOf(await login(api, ada.email, ada.password, "127.0.0.1"))).toBe("OK");
});

test("counts every registration against its address", async () => {
  const api = await startApi(behindProxy);
  const register = (name: string, address: string) =>
    api.send(`mutation ($input: RegisterInput!) { register(input: $input) { user { id } } }`, {
      variables: { input: { email: `${name}@example.com`, name, password: "a long password" } },
      headers: from(address),
    });
  // As many as the limit, but only two of them worth a hash in a test.
  await register("first", "198.51.100.7");
  await rows(api.server.database, "update attempts set failures = 99 where failures = 1 and succeeded_at is null");

  expect(codeOf(await register("second", "198.51.100.7"))).toBe("OK");
  const refused = await register("third", "198.51.100.7");
  expect(refused.body.errors![0]!.extensions).toEqual({ code: "TOO_MANY_ATTEMPTS", retryAfterSeconds: 30 });
  expect(codeOf(await register("third", "198.51.100.8"))).toBe("OK");
});

describe.each([
  {
    field: "changePassword",
    input: { currentPassword: "a wrong guess", newPassword: "another long one" },
    asks: "endedSessions",
  },
  { field: "deleteAccount", input: { currentPassword: "a wrong guess" }, asks: "deletedUserId" },
])("$field", ({ field, input, asks }) => {
  test("counts wrong passwords together with those at login", async () => {
    const api = await startApi(behindProxy);
    const ada = await api.register();
    const type = `${field[0]!.toUpperCase()}${field.slice(1)}Input!`;
    const attempt = (account: Account) =>
      account.send(`mutation ($input: ${type}) { ${field}(input: $input) { ${asks} } }`, { variables: { input } });
    await guess(api, 5, ada.email, "127.0.0.1");
    for (let time = 0; time < 5; time += 1) expect(codeOf(await attempt(ada))).toBe("INVALID_CREDENTIALS");

    expect(codeOf(await attempt(ada))).toBe("TOO_MANY_ATTEMPTS");
    expect(codeOf(await login(api, ada.email, ada.password, "127.0.0.1"))).toBe("TOO_MANY_ATTEMPTS");
  });
});

test("deletes old attempts when others are counted", async () => {
  const api = await startApi(behindProxy);
  const { email, password } = await api.register();
  await guess(api, 2, "nobody@example.com", "198.51.100.7");
  const counters = () => rows(api.server.database, "select key from attempts");
  // The registration's address and pair, and three of the guesses'.
  expect(await counters()).toHaveLength(5);

  api.clock.advance(30 * 24 * 60 * minutes + 1);
  expect(codeOf(await login(api, email, password, "198.51.100.9"))).toBe("OK");
  expect(await counters()).toHaveLength(1);
});

test("lets no more parallel guesses through than sequential ones", async () => {
  const api = await startApi(behindProxy);
  const { email } = await api.register();

  const answers = await Promise.all(Array.from({ length: 25 }, () => login(api, email, "a wrong guess")));

  const guesses = answers.filter((answer) => codeOf(answer) === "INVALID_CREDENTIALS").length;
  // Two may hash at the same time if there are enough cores.
  expect(guesses).toBeGreaterThanOrEqual(10);
  expect(guesses).toBeLessThanOrEqual(11);
});

test("signs in everybody who sends the right password at the same time", async () => {
  const api = await startApi(behindProxy);
  const { email, password } = await api.register();
  const answers = await Promise.all(Array.from({ length: 15 }, () => login(api, email, password)));
  expect(answers.map(codeOf)).toEqual(Array(15).fill("OK"));
});

test("trusts a forwarded address only from the named proxies", async () => {
  const direct = await startApi();
  const proxied = await startApi({ TRUST_PROXY: "127.0.0.1, 10.0.0.0/8" });
  const addressOf = async (api: Api, header: string) => {
    await login(api, "nobody@example.com", "a guess", header);
    return api.logged().findLast((line) => line["msg"] === "session")!["address"];
  };

  expect(await addressOf(direct, "203.0.113.1")).toBe("127.0.0.1");
  expect(await addressOf(proxied, "203.0.113.1")).toBe("203.0.113.1");
  // The client wrote the first, and a proxy that is trusted the others.
  expect(await addressOf(proxied, "6.6.6.6, 203.0.113.1, 10.1.2.3")).toBe("203.0.113.1");
});

test("counts IPv6 by its first 64 bits, and an IPv4 address the same in both notations", () => {
  expect(addressKeyOf("2001:db8:1:2:3:4:5:6")).toBe("2001:db8:1:2::/64");
  expect(addressKeyOf("2001:db8:1:2::ffff")).toBe("2001:db8:1:2::/64");
  expect(addressKeyOf("2001:db8:1:3::1")).toBe("2001:db8:1:3::/64");
  expect(addressKeyOf("::1")).toBe("0:0:0:0::/64");
  expect(addressKeyOf("::ffff:203.0.113.1")).toBe("203.0.113.1");
  expect(addressKeyOf("203.0.113.1")).toBe("203.0.113.1");
  expect(addressKeyOf("not an address")).toBe("none");
  expect(addressKeyOf(null)).toBe("none");
});

describe("an operation with more than one of the fields that try a secret", () => {
  const input = `input: { email: "a@example.com", password: "x" }`;
  const register = `register(input: { email: "a@example.com", name: "A", password: "a long password" }) { expiresAt }`;

  test.each([
    { of: "aliases", query: `mutation { a: login(${input}) { expiresAt } b: login(${input}) { expiresAt } }` },
    { of: "two fields", query: `mutation { ${register} login(${input}) { expiresAt } }` },
    {
      of: "a fragment",
      query: `mutation { ...F ${register} } fragment F on Mutation { a: login(${input}) { expiresAt } }`,
    },
    {
      of: "a fragment in a fragment",
      query: `mutation { ...F ...G } fragment F on Mutation { ...H } fragment G on Mutation { a: login(${input}) { expiresAt } } fragment H on Mutation { b: login(${input}) { expiresAt } }`,
    },
    {
      of: "inline fragments",
      query: `mutation { ... { a: login(${input}) { expiresAt } } ... on Mutation { b: refreshSession(input: { refreshToken: "x" }) { expiresAt } } }`,
    },
    {
      of: "password changes",
      query: `mutation { a: changePassword(input: { currentPassword: "x", newPassword: "a long password" }) { endedSessions } b: deleteAccount(input: { currentPassword: "x" }) { deletedUserId } }`,
    },
    {
      of: "a directive",
      query: `mutation { a: login(${input}) { expiresAt } b: login(${input}) @skip(if: false) { expiresAt } }`,
    },
  ])("is refused before it runs: $of", async ({ query }) => {
    const api = await startApi();
    const { status, body } = await api.send(query);
    expect(status).toBe(422);
    expect(body.errors).toEqual([expect.objectContaining({ extensions: { code: "QUERY_TOO_COMPLEX" } })]);
    expect(api.logged().filter((line) => line["msg"] === "session")).toEqual([]);
  });

  test("doesn't count the same field written twice, or in another operation", async () => {
    const api = await startApi();
    const twice = `mutation { login(${input}) { expiresAt } login(${input}) { serverTime } }`;
    expect(codeOf(await api.send(twice))).toBe("INVALID_CREDENTIALS");
    const two = await api.fetch("/graphql", {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({
        query: `mutation A { login(${input}) { expiresAt } } mutation B { ${register} }`,
        operationName: "A",
      }),
    });
    expect(codeOf(two)).toBe("INVALID_CREDENTIALS");
  });
});
