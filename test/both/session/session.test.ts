import { hash } from "@node-rs/argon2";
import { expect, test } from "vitest";

import { passwordCost } from "../../../src/features/account/password.js";
import { startApi } from "../../support/api.js";
import { rows } from "../../support/rows.js";

const login = `mutation ($input: LoginInput!) { login(input: $input) {
  accessToken tokenType expiresAt expiresIn serverTime user { id name email } } }`;

function claimsOf(token: string) {
  return JSON.parse(Buffer.from(token.split(".")[1]!, "base64url").toString());
}

function headerOf(token: string) {
  return JSON.parse(Buffer.from(token.split(".")[0]!, "base64url").toString());
}

test("logs in with a token that lives exactly as long as the settings say", async () => {
  const api = await startApi();
  const { id, name, email, password } = await api.register("Ada");
  api.clock.set(new Date("2026-11-22T10:00:00.417Z"));

  const { status, body } = await api.send(login, { variables: { input: { email, password } } });

  expect(status).toBe(200);
  expect(body.data.login).toEqual({
    accessToken: expect.any(String),
    tokenType: "Bearer",
    expiresAt: "2026-11-22T10:30:00.000Z",
    expiresIn: 1799,
    serverTime: "2026-11-22T10:00:00.417Z",
    user: { id, name, email },
  });
  const { accessToken } = body.data.login;
  expect(headerOf(accessToken)).toEqual({ alg: "HS256", typ: "at+jwt", kid: "05283a5508d9e752" });
  expect(claimsOf(accessToken)).toEqual({
    iss: "postern",
    aud: "postern",
    sub: id,
    sid: expect.stringMatching(/^session_/),
    iat: Date.parse("2026-11-22T10:00:00Z") / 1000,
    exp: Date.parse("2026-11-22T10:30:00Z") / 1000,
    jti: expect.any(String),
  });
});

test("finds the account whatever the case of the email, and stores it as it was typed", async () => {
  const api = await startApi();
  const input = { email: " Grace.Hopper@Example.COM ", name: "Grace", password: "a long password" };
  const register = `mutation ($input: RegisterInput!) { register(input: $input) { user { email } } }`;
  const { body } = await api.send(register, { variables: { input } });
  expect(body.data.register.user.email).toBe("Grace.Hopper@Example.COM");

  const again = await api.send(login, {
    variables: { input: { email: "grace.hopper@example.com", password: input.password } },
  });
  expect(again.body.data.login.user.name).toBe("Grace");

  const taken = await api.send(register, { variables: { input: { ...input, email: "GRACE.HOPPER@example.com" } } });
  expect(taken.status).toBe(200);
  expect(taken.body).toEqual({
    data: null,
    errors: [
      expect.objectContaining({
        message: "An account with this email exists already",
        extensions: { code: "CONFLICT" },
      }),
    ],
  });
});

test("registers one account of two that ask for the same email at once", async () => {
  const api = await startApi();
  const input = { email: "same@example.com", name: "Same", password: "a long password" };
  const register = `mutation ($input: RegisterInput!) { register(input: $input) { user { id } } }`;

  const answers = await Promise.all([1, 2, 3].map(() => api.send(register, { variables: { input } })));

  const codes = answers.map(({ body }) => body.errors?.[0]?.extensions.code ?? "registered").toSorted();
  expect(codes).toEqual(["CONFLICT", "CONFLICT", "registered"]);
});

test("answers an unknown email and a wrong password alike", async () => {
  const api = await startApi();
  const { email } = await api.register();

  const wrong = await api.send(login, { variables: { input: { email, password: "not the password" } } });
  const unknown = await api.send(login, {
    variables: { input: { email: "nobody@example.com", password: "not the password" } },
  });

  expect(wrong.body).toEqual({
    data: null,
    errors: [
      {
        message: "Wrong email or password",
        locations: expect.anything(),
        path: ["login"],
        extensions: { code: "INVALID_CREDENTIALS" },
      },
    ],
  });
  expect(unknown.body).toEqual(wrong.body);
  expect(unknown.status).toBe(wrong.status);
});

test("reports every broken rule of a registration at once, and repeats no value", async () => {
  const api = await startApi();
  const input = { email: "no address", name: " ", password: "eleven-char" };

  const { status, body, text } = await api.send(
    `mutation ($input: RegisterInput!) { register(input: $input) { user { id } } }`,
    { variables: { input } },
  );

  expect(status).toBe(200);
  expect(body.errors![0]).toMatchObject({
    message:
      "email: must be an email address of at most 254 bytes; name: must have 1 to 80 characters; password: must have 12 to 256 characters",
    extensions: {
      code: "BAD_USER_INPUT",
      issues: [
        { path: ["input", "email"], message: "must be an email address of at most 254 bytes" },
        { path: ["input", "name"], message: "must have 1 to 80 characters" },
        { path: ["input", "password"], message: "must have 12 to 256 characters" },
      ],
    },
  });
  expect(text).not.toContain(input.password);
});

test("counts the characters of a password as people do", async () => {
  const api = await startApi();
  const register = (password: string) =>
    api.send(`mutation ($input: RegisterInput!) { register(input: $input) { user { id } } }`, {
      variables: { input: { email: `${password.length}@example.com`, name: "Someone", password } },
    });
  // Two UTF-16 units each, and no short piece repeated.
  const squirrels = (count: number) => `${"🐿".repeat(count - 1)}🦔`;

  expect((await register(squirrels(11))).body.errors![0]!.extensions.code).toBe("BAD_USER_INPUT");
  expect((await register(squirrels(12))).body.errors).toBeUndefined();
  expect((await register(squirrels(256))).body.errors).toBeUndefined();
  expect((await register(squirrels(257))).body.errors![0]!.extensions.code).toBe("BAD_USER_INPUT");
  expect((await register("with \0 inside it")).body.errors![0]!.extensions.code).toBe("BAD_USER_INPUT");
  expect((await register("half \ud83d of a pair")).body.errors![0]!.extensions.code).toBe("BAD_USER_INPUT");
});

test.each([
  "password1234",
  "PassWord1234",
  "123456789012",
  "qwertyuiop12",
  "aaaaaaaaaaaaaaaa",
  "abcabcabcabc",
  "１２３４５６７８９０１２",
])("refuses the password %s, which is one of the most common", async (password) => {
  const api = await startApi();
  const { body } = await api.send(`mutation ($input: RegisterInput!) { register(input: $input) { user { id } } }`, {
    variables: { input: { email: "a@example.com", name: "A", password } },
  });
  expect(body.errors![0]!.extensions["issues"]).toEqual([
    { path: ["input", "password"], message: "must not be one of the most common passwords" },
  ]);
});

test("replaces a hash with older parameters at the next login", async () => {
  const api = await startApi({}, { passwordCost });
  const { email, password, id } = await api.register();
  const sql = (text: string, values: string[] = []) => rows(api.server.database, text, values);
  const stored = async () => (await sql("select password_hash from users"))[0]!["password_hash"];
  await sql("update users set password_hash = ?", [
    await hash(password, { memoryCost: 8192, timeCost: 1, parallelism: 1 }),
  ]);
  const attempt = (given: string) => api.send(login, { variables: { input: { email, password: given } } });

  await attempt("a wrong password");
  expect(await stored()).toContain("m=8192,t=1,p=1");
  expect((await attempt(password)).body.data.login.user.id).toBe(id);
  expect(await stored()).toContain("m=19456,t=2,p=1");
  expect((await attempt(password)).body.data.login.user.id).toBe(id);
});

test("signs in and registers despite an expired, forged or malformed header", async () => {
  const api = await startApi();
  const { email, password, token } = await api.register();
  api.clock.advance(31 * 60_000);

  for (const authorization of [`Bearer ${token}`, "Bearer forged", "Basic dXNlcjpwYXNz", ""]) {
    const { status, body } = await api.send(login, {
      variables: { input: { email, password } },
      headers: { authorization },
    });
    expect(status).toBe(200);
    expect(body.data.login.user.email).toBe(email);
  }
});

test("shows users their email below the login, whatever the header", async () => {
  const api = await startApi();
  const ada = await api.register("Ada");
  const bob = await api.register("Bob");

  const { body } = await ada.send(login, { variables: { input: { email: bob.email, password: bob.password } } });

  expect(body.data.login.user).toEqual({ id: bob.id, name: "Bob", email: bob.email });
});

test("does not let a login in the same operation stand in for a missing credential", async () => {
  const api = await startApi();
  const { email, password } = await api.register();

  const { status, body } = await api.send(
    `mutation ($input: LoginInput!) {
      login(input: $input) { user { email } }
      createPost(input: { title: "T", content: "C" }) { post { id } }
    }`,
    { variables: { input: { email, password } } },
  );

  expect(status).toBe(294);
  expect(body.data).toBeNull();
  expect(body.errors).toHaveLength(1);
  expect(body.errors![0]).toMatchObject({ path: ["createPost"], extensions: { reason: "TOKEN_MISSING" } });
});

test("keeps signing in with an older secret's tokens while a newer one signs", async () => {
  const older = "the older secret: 1d5f7b0a86c94e2f";
  const newer = "the newer secret: 94c3e08b5a7d6f12";
  const before = await startApi({ JWT_SECRET: older });
  const { token } = await before.register();
  const { id } = (await before.send("{ me { id } }", { token })).body.data.me;

  const api = await startApi({ JWT_SECRET: `${newer},${older}` });
  await copyAccounts(before, api);

  expect((await api.send("{ me { id } }", { token })).body.data.me.id).toBe(id);
  const fresh = await api.register("Fresh");
  expect(headerOf(fresh.token).kid).not.toBe(headerOf(token).kid);

  async function copyAccounts(from: typeof api, to: typeof api) {
    for (const table of ["users", "sessions"]) {
      for (const row of await rows(from.server.database, `select * from ${table}`)) {
        const columns = Object.keys(row);
        await rows(
          to.server.database,
          `insert into ${table} (${columns.join(", ")}) values (${columns.map(() => "?").join(", ")})`,
          Object.values(row),
        );
      }
    }
  }
});
