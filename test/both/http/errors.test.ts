import { describe, expect, inject, onTestFinished, test } from "vitest";

import { openDatabase } from "../../../src/database/database.js";
import { entities } from "../../../src/graphql/schema.js";

import { startApi } from "../../support/api.js";
import { newDatabaseUrl } from "../../support/database.js";
import { hideTable, rows, whileOthersWrite } from "../../support/rows.js";

const register = `mutation Register($input: RegisterInput!) { register(input: $input) { user { id } } }`;

test("names every variable of the wrong type, and repeats no value", async () => {
  const api = await startApi();
  const secret = "hunter2 is my password";

  const { status, body, text } = await api.send(register, {
    variables: { input: { email: 5, password: { $ne: secret }, nickname: secret } },
  });

  expect(status).toBe(422);
  expect(body).toEqual({
    errors: [
      {
        message:
          "email: must be of type String; name: needs a value of type String!; password: must be of type String; nickname: is no field of RegisterInput",
        extensions: {
          code: "BAD_USER_INPUT",
          issues: [
            { path: ["input", "email"], message: "must be of type String" },
            { path: ["input", "name"], message: "needs a value of type String!" },
            { path: ["input", "password"], message: "must be of type String" },
            { path: ["input", "nickname"], message: "is no field of RegisterInput" },
          ],
        },
      },
    ],
  });
  expect(text).not.toContain("hunter2");
  expect(JSON.stringify(api.logged())).not.toContain("hunter2");
});

test.each([
  { of: "no variables", variables: undefined, path: ["input"], message: "needs a value of type RegisterInput!" },
  { of: "null", variables: { input: null }, path: ["input"], message: "needs a value of type RegisterInput!" },
  { of: "a text", variables: { input: "x" }, path: ["input"], message: "must be of type RegisterInput" },
  { of: "a list", variables: { input: [] }, path: ["input"], message: "must be of type RegisterInput" },
])("answers $of instead of an input", async ({ variables, path, message }) => {
  const api = await startApi();
  const { status, body } = await api.send(register, { variables: variables as any });
  expect(status).toBe(422);
  expect(body.errors![0]!.extensions).toEqual({ code: "BAD_USER_INPUT", issues: [{ path, message }] });
});

test("answers variables of the wrong type with 200 to a client of application/json alone", async () => {
  const api = await startApi();
  const { status, body } = await api.send(register, { headers: { accept: "application/json" } });
  expect(status).toBe(200);
  expect(body.errors![0]!.extensions.code).toBe("BAD_USER_INPUT");
});

test("reports invalid variables together with an invalid document", async () => {
  const api = await startApi();
  const query = "query ($id: ID!, $first: Int) { nothing }";
  const variables = { id: null, first: "one" };

  const { status, body } = await api.send(query, { variables });

  expect(status).toBe(400);
  expect(body).not.toHaveProperty("data");
  expect(body.errors!.map(({ extensions }) => extensions.code)).toEqual([
    ...Array(3).fill("GRAPHQL_VALIDATION_FAILED"),
    "BAD_USER_INPUT",
  ]);
  expect(body.errors!.at(-1)!.extensions["issues"]).toEqual([
    { path: ["id"], message: "needs a value of type ID!" },
    { path: ["first"], message: "must be of type Int" },
  ]);
  expect((await api.send(query, { variables, headers: { accept: "application/json" } })).status).toBe(200);
  // What was not sent is no mistake of the sender's, as long as the document is wrong.
  expect((await api.send(query, { variables: { first: 1 } })).status).toBe(422);
});

test("does not repeat a literal of the wrong type either", async () => {
  const api = await startApi();
  const { status, text, body } = await api.send(
    `mutation { register(input: { email: "a@b", name: [77001], password: 77002, other: 77003 }) { user { id } } login(input: 77004) { user { id } } }`,
  );
  expect(status).toBe(422);
  expect(body.errors!.map((error) => error.extensions.code)).toEqual(
    Array(body.errors!.length).fill("GRAPHQL_VALIDATION_FAILED"),
  );
  expect(text).not.toMatch(/7700\d/);
});

test.each([
  { query: "{ me {", code: "GRAPHQL_PARSE_FAILED", status: 400 },
  { query: "{ nothing }", code: "GRAPHQL_VALIDATION_FAILED", status: 422 },
  { query: "query A { me { id } } query B { me { id } }", code: "OPERATION_RESOLUTION_FAILURE", status: 422 },
  { query: "subscription { me { id } }", code: "GRAPHQL_VALIDATION_FAILED", status: 422 },
])("answers $query with $code", async ({ query, code, status }) => {
  const api = await startApi();
  const answer = await api.send(query);
  expect(answer.status).toBe(status);
  expect(answer.body.errors![0]!.extensions).toEqual({ code });
  const json = await api.send(query, { headers: { accept: "application/json" } });
  expect(json.status).toBe(200);
  expect(json.body).toEqual(answer.body);
});

test.each([
  `mutation { login(input: { email: "a" password: "x" "hunter2 7700" }) { expiresAt } }`,
  `mutation { login(input: { email: "a" password: hunter2 7700" "x }) { expiresAt } }`,
  `{ me { id } } 7700`,
  `{ me { id } } """hunter2"""`,
  `{ me(a: 07700) { id } }`,
  `{ me(a: "\\uD83D hunter2") { id } }`,
])("does not repeat what a syntax error found: %s", async (query) => {
  const api = await startApi();
  const { status, text, body } = await api.send(query);
  expect(status).toBe(400);
  expect(body.errors![0]!.extensions.code).toBe("GRAPHQL_PARSE_FAILED");
  expect(text).not.toMatch(/hunter2|7700/);
});

test("answers a document that is nested too deeply to be read", async () => {
  const api = await startApi({ MAX_TOKENS: "100000" });
  const { status, body } = await api.send("{a".repeat(20_000));
  expect(status).toBe(400);
  expect(body.errors![0]).toMatchObject({
    message: "Syntax Error: nested too deeply",
    extensions: { code: "GRAPHQL_PARSE_FAILED" },
  });
});

test.each([
  { query: `query ($id: ID = "x") { post(id: $id) { id } }`, variables: { id: null }, argument: "id" },
  { query: `query ($b: Boolean = true) { me @include(if: $b) { id } }`, variables: { b: null }, argument: "if" },
])("answers a null for a variable with a default: $query", async ({ query, variables, argument }) => {
  const api = await startApi();
  const { status, body } = await api.send(query, { variables });
  expect(status).toBe(422);
  expect(body.errors![0]!.extensions).toEqual({
    code: "BAD_USER_INPUT",
    issues: [{ path: [argument], message: "must not be null" }],
  });
  expect(api.logged().filter((line) => line["level"] > 30)).toEqual([]);
});

test("answers such a null deep inside an input too", async () => {
  const api = await startApi();
  const { status, body } = await api.send(
    `mutation ($p: String = "p") { login(input: { email: "a", password: $p }) { expiresIn } }`,
    { variables: { p: null } },
  );
  expect(status).toBe(422);
  expect(body.errors![0]!.extensions.code).toBe("BAD_USER_INPUT");
});

test("names at most a hundred issues", async () => {
  const api = await startApi();
  const input = Object.fromEntries(Array.from({ length: 5000 }, (_, index) => [`field${index}`, 1]));
  const { body } = await api.send(register, { variables: { input } });
  expect(body.errors![0]!.extensions["issues"]).toHaveLength(100);
});

test("masks internal errors, and logs them in full under the same number", async () => {
  const api = await startApi();
  const { send } = await api.register();
  const said = await hideTable(api.server.database, "posts");

  const { status, body, text } = await send("{ posts { nodes { id } } }");

  expect(status).toBe(500);
  expect(body).toEqual({
    errors: [
      {
        message: "Internal server error",
        path: ["posts"],
        locations: expect.anything(),
        extensions: { code: "INTERNAL_SERVER_ERROR", incidentId: expect.stringMatching(/^[0-9a-f-]{36}$/) },
      },
    ],
  });
  expect(text).not.toMatch(/sql|table/i);
  const incident = api.logged().find((line) => line["incidentId"] !== undefined);
  expect(incident).toMatchObject({
    level: 50,
    incidentId: body.errors![0]!.extensions["incidentId"],
    err: { message: expect.stringContaining(said), stack: expect.stringContaining("post.connection") },
  });
});

test("masks the same in production", async () => {
  const api = await startApi({ NODE_ENV: "production", HOST: "127.0.0.1" });
  const said = await hideTable(api.server.database, "users");

  const { status, text } = await api.send(register, {
    variables: { input: { email: "a@example.com", name: "A", password: "hunter2 is my password" } },
  });

  expect(status).toBe(500);
  expect(text).not.toMatch(/sql|users|hunter2/i);
  const log = JSON.stringify(api.logged());
  expect(log).toContain(JSON.stringify(said).slice(1, -1));
  expect(log).not.toContain("argon2id");
});

test("masks a failure to verify the credential, which no caller caused", async () => {
  const api = await startApi();
  const { send } = await api.register();
  await hideTable(api.server.database, "sessions");

  const { status, body, text } = await send("{ me { id } }");

  expect(status).toBe(500);
  expect(body.errors![0]!.extensions.code).toBe("INTERNAL_SERVER_ERROR");
  expect(text).not.toMatch(/sql|session/i);
  expect((await send("{ me { id } }", { headers: { accept: "application/json" } })).status).toBe(200);
});

describe("the schema", () => {
  const production = { NODE_ENV: "production", HOST: "127.0.0.1" };
  const asked = "{ __schema { queryType { name } } }";
  // Each is a slip away from a name of the schema, in every place where graphql-js has a suggestion.
  const slips = [
    { of: "field", query: "{ pots { nodes { id } } }" },
    { of: "field that needs a selection", query: "{ posts }" },
    { of: "argument", query: "{ posts(frist: 1) { nodes { id } } }" },
    { of: "type", query: "query ($i: CreatePostInputs!) { me { id } }" },
    { of: "enum value", query: "{ posts(orderBy: { field: TITEL, direction: ASC }) { nodes { id } } }" },
    { of: "input field", query: `mutation { login(input: { email: "a", passwort: "b" }) { expiresIn } }` },
    { of: "directive's argument", query: "{ me @include(fi: true) { id } }" },
    { of: "field of another type", query: `{ node(id: "x") { title } }` },
  ];
  const issuesOf = {
    query: `query ($o: PostOrder) { posts(orderBy: $o) { nodes { id } } }`,
    variables: { o: { field: "TITEL", direction: "ASC", feild: 1 } },
  };

  test.each([
    { where: "outside production", env: {}, shown: true },
    { where: "in production", env: production, shown: false },
    { where: "in production with INTROSPECTION=true", env: { ...production, INTROSPECTION: "true" }, shown: true },
    { where: "with INTROSPECTION=false", env: { INTROSPECTION: "false" }, shown: false },
  ])("$where is shown: $shown", async ({ env, shown }) => {
    const api = await startApi(env);
    for (const { of, query } of slips) {
      const { text } = await api.send(query);
      expect({ of, hint: text.includes("Did you mean") }).toEqual({ of, hint: shown });
    }
    expect((await api.send(issuesOf.query, issuesOf)).text).not.toContain("Did you mean");

    const { status, body } = await api.send(asked);
    if (shown) {
      expect({ status, body }).toEqual({ status: 200, body: { data: { __schema: { queryType: { name: "Query" } } } } });
      return;
    }
    expect(status).toBe(422);
    expect(body.errors![0]).toMatchObject({
      message: "The schema can't be asked for here",
      extensions: { code: "GRAPHQL_VALIDATION_FAILED" },
    });
    expect((await api.send(`{ __type(name: "User") { name } }`)).body.errors![0]!.message).toBe(
      "The schema can't be asked for here",
    );
  });
});

test("asks the client to try again if the database stays locked", async () => {
  const url = await newDatabaseUrl();
  const api = await startApi({ DATABASE_URL: url });
  const { send } = await api.register();
  const other = await openDatabase(url, entities);
  onTestFinished(() => other.close(true));
  // Whoever waits would wait ten seconds. One connection has written so far, and writes again.
  await rows(
    api.server.database,
    inject("database") === "postgresql" ? "set lock_timeout = 1" : "pragma busy_timeout = 0",
  );
  const create = () => send(`mutation { createPost(input: { title: "T", content: "C" }) { post { id } } }`);

  const locked = await whileOthersWrite(other, create);
  const { status, body } = locked;

  expect(status).toBe(503);
  expect(body.errors![0]).toMatchObject({
    message: "The database is away for a moment",
    extensions: { code: "SERVICE_UNAVAILABLE", retryAfterSeconds: 1 },
  });
  expect(locked.headers.get("retry-after")).toBe("1");
  expect((await create()).status).toBe(200);
});
