import { OperationTypeNode } from "graphql";
import { describe, expect, test } from "vitest";

import { claimsOf, formatSeconds } from "../../../explorer/model/claims.js";
import { after, chosenOperation, cursorIn, operationsOf, prettified } from "../../../explorer/model/operations.js";
import { variablesOf } from "../../../explorer/model/run.js";
import { picture, search } from "../../../explorer/model/schema-index.js";
import { withoutSecrets } from "../../../explorer/model/secrets.js";
import { fragmentOf, sharedOf } from "../../../explorer/model/share.js";
import { doneAfter, type Happening, type Step } from "../../../explorer/model/walk.js";
import { loadWorkspace, newTab, saveWorkspace, withEntry } from "../../../explorer/model/workspace.js";
import { makeSchema } from "../../../src/graphql/schema.js";

describe("the operation to run", () => {
  const text = "query A { a } mutation B { b }";
  const operations = operationsOf(text);

  test.each([
    { chosen: "A", cursor: text.length, name: "A" },
    { chosen: undefined, cursor: text.length, name: "B" },
    { chosen: "gone", cursor: 3, name: "A" },
  ])("is $name with $chosen chosen and the cursor at $cursor", ({ chosen, cursor, name }) => {
    expect(chosenOperation(operations, chosen, cursor)?.name).toBe(name);
  });

  test("is undefined if the document can't be parsed", () => {
    expect(operationsOf("query A {")).toEqual([]);
    expect(operationsOf("fragment F on T { f }")).toEqual([]);
  });
});

describe("prettified", () => {
  test("keeps the comments before, after and inside of definitions", () => {
    expect(prettified("# one\nquery A{a}\n# two\nquery B{ # inside\nb}\n# three")).toBe(
      "# one\nquery A {\n  a\n}\n\n# two\nquery B{ # inside\nb}\n\n# three\n",
    );
  });

  test("leaves a document unchanged that can't be parsed", () => {
    expect(prettified("query {")).toBe("query {");
  });
});

describe("going on after a cursor", () => {
  const of = (query: string, operationName?: string) =>
    after({ query, variables: { first: 1 }, ...(operationName !== undefined && { operationName }) }, `c"1`);

  test("sets the variable that the argument takes", () => {
    const query = "subscription ($from: String) { postEvents(after: $from) { kind } }";
    expect(of(query)).toEqual({ query, variables: { first: 1, from: `c"1` } });
  });

  test.each(["postEvents", `postEvents(after: "c0")`])("writes the argument of %s", (field) => {
    const { query, variables } = of(`query Q { me { id } } subscription S { ${field} { kind } }`, "S");
    expect(query.replaceAll(/\s+/g, " ")).toContain(`subscription S { postEvents(after: "c\\"1") { kind } }`);
    expect(variables).toEqual({ first: 1 });
    expect(operationsOf(query).map(({ kind }) => kind)).toEqual([
      OperationTypeNode.QUERY,
      OperationTypeNode.SUBSCRIPTION,
    ]);
  });

  test("finds the cursor whatever the field's alias", () => {
    expect(cursorIn({ data: { events: { cursor: "c2" } } })).toBe("c2");
    expect(cursorIn({ data: { postEvents: { kind: "READY" } } })).toBeUndefined();
    expect(cursorIn({ data: null, errors: [{}] })).toBeUndefined();
  });
});

const cleanDocument = (document: string) => withoutSecrets({ document, variables: "" }).document;
const cleanVariables = (variables: string, document = "{ me { id } }") =>
  withoutSecrets({ document, variables }).variables;

test.each([
  [
    `{ login(input: { email: "a@b.c", password: "s3 \\" cret" }) }`,
    `{ login(input: { email: "a@b.c", password: "" }) }`,
  ],
  [`{ a(password: """s3cret\n "quoted" \\""" """, b: "c") }`, `{ a(password: "", b: "c") }`],
  [`{ a(currentPassword: "s3cret", newPassword: """s3cret""") }`, `{ a(currentPassword: "", newPassword: "") }`],
  [`{ a(password # "why"\n , : , "s3cret") }`, `{ a(password # "why"\n , : , "") }`],
  [`{ a(tokens: ["s3cret", { b: "s3cret" }, 1]) }`, `{ a(tokens: ["", { b: "" }, ""]) }`],
  [`{ a(password: s3cret, passcode: 123) }`, `{ a(password: "", passcode: "") }`],
  [`query ($password: String = "s3cret") { a(b: $password) }`, `query ($password: String = "") { a(b: $password) }`],
  [
    `query ($p: String = "s3cret", $q: I = { x: """s3cret""" }) { a(password: $p, token: { b: [$q] }) }`,
    `query ($p: String = "", $q: I = { x: "" }) { a(password: $p, token: { b: [$q] }) }`,
  ],
  [`{ a @b(apiKey: "s3cret") }`, `{ a @b(apiKey: "") }`],
  [`{ a(text: "{ \\"password\\": \\"s3cret\\" }") }`, `{ a(text: "") }`],
  [`# a(password: """\n# s3cret\n# """)\n{ a }\n# b`, `# a(\n\n\n{ a }\n# b`],
  [`{ a } # Bearer eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.s3cret and more`, `{ a } # Bearer  and more`],
  [`{ a(title: "token", first: 1) }`, `{ a(title: "token", first: 1) }`],
])("removes secrets from the document %s", (text, clean) => {
  expect(cleanDocument(text)).toBe(clean);
});

test.each([
  [`{ a(password: "s3cret`, "{ a("],
  [`{ a(password: """s3cret\n`, "{ a("],
  [`{ a(title: "x) { b(password: "s3cret") }`, `{ a(title: "x) { b(`],
  [`{ a(password: my s3cret phrase) }`, "{ a("],
  [`query ($newPassword: String = "s3cret`, "query ($"],
  [`{ a(password "s3cret") }`, "{ a("],
  [`{ a(title: "x`, `{ a(title: "x`],
])("keeps nothing from the first mention of a secret on if the document can't be parsed: %s", (text, clean) => {
  expect(cleanDocument(text)).toBe(clean);
});

test.each([
  [`{ "refreshToken": "s3cret", "n": 1 }`, `{ "refreshToken": "", "n": 1 }`],
  [`{"input":{"password":"s3\\"cret"},"a":"b"}`, `{"input":{"password":""},"a":"b"}`],
  [`{ "tokens": ["s3cret", { "a": "s3cret" }], "a": ["b", 1] }`, `{ "tokens": ["", { "a": "" }], "a": ["b", 1] }`],
  [`{ "pass\\u0077ord": "s3cret", "b": null }`, `{ "pass\\u0077ord": "", "b": null }`],
  [`{ "password": 123, "on": true }`, `{ "password": "", "on": true }`],
  [`{ "a": "{ \\"password\\": \\"s3cret\\" }" }`, `{ "a": "" }`],
  [`{ "a": 1, "password": "s3cret`, `{ "a": 1, "`],
  [`{ "a": 1, 'password': 's3cret' }`, `{ "a": 1, '`],
  [`{ "title": "token" }`, `{ "title": "token" }`],
])("removes secrets from the variables %s", (text, clean) => {
  expect(cleanVariables(text)).toBe(clean);
});

test.each([
  [`query ($p: String) { a(password: $p) }`, `{ "p": "s3cret", "q": "b" }`, `{ "p": "", "q": "b" }`],
  [`query ($p: String) { a(password: $p) }`, `{ "p": "s3cret`, `{ `],
  [`query ($p: String, $q: Int) { a(password: $p`, `{ "p": "s3cret", "q": "b" }`, `{ "p": "", "q": "" }`],
])("removes the values that %s gives to secrets from the variables %s", (document, text, clean) => {
  expect(cleanVariables(text, document)).toBe(clean);
});

test("a link carries a document and its variables, without secrets, and other fragments are ignored", () => {
  const shared = { document: 'query A { a(b: "ü&=#") }\n', variables: `{ "x": 1 }` };
  expect(sharedOf(fragmentOf(shared))).toEqual(shared);
  expect(sharedOf(fragmentOf({ document: `{ a(token: "t") }`, variables: " " }))).toEqual({
    document: `{ a(token: "") }`,
    variables: "",
  });
  expect(sharedOf("")).toBeUndefined();
  expect(sharedOf("#access_token=1")).toBeUndefined();
});

describe("the workspace", () => {
  const storeOf = (kept: string | null = null) => {
    const store = { kept, getItem: () => store.kept, setItem: (_: string, value: string) => void (store.kept = value) };
    return store;
  };

  test("is restored as it was stored, without secrets", () => {
    const store = storeOf();
    const workspace = loadWorkspace(store, "{ first }");
    workspace.tabs.push(newTab(workspace.tabs, `{ a(password: "p") }`, `{ "token": "t" }`));
    workspace.active = 2;
    workspace.history = [{ document: `{ b(token: "t") }`, variables: "", title: "b", at: 5, status: "200" }];
    saveWorkspace(store, workspace);
    expect(loadWorkspace(store, "")).toEqual({
      tabs: [
        { id: 1, document: "{ first }", variables: "" },
        { id: 2, document: `{ a(password: "") }`, variables: `{ "token": "" }` },
      ],
      active: 2,
      history: [{ document: `{ b(token: "") }`, variables: "", title: "b", at: 5, status: "200" }],
      renewsByItself: false,
    });
  });

  test.each(["no JSON", "{}", `{"tabs":[]}`, "null"])("starts with the first document if %s was stored", (kept) => {
    expect(loadWorkspace(storeOf(kept), "{ first }").tabs).toMatchObject([{ id: 1, document: "{ first }" }]);
  });

  test("works if the browser stores nothing", () => {
    const full = {
      getItem: () => null,
      setItem: () => {
        throw new Error("QuotaExceededError");
      },
    };
    expect(() => saveWorkspace(full, loadWorkspace(full, "{ a }"))).not.toThrow();
  });

  test("lists a document once, and at most fifty", () => {
    const entry = (document: string, at: number) => ({ document, variables: "", title: document, at, status: "200" });
    let history = withEntry([], entry("{ a }", 1));
    history = withEntry(history, entry("{ b }", 2));
    history = withEntry(history, entry("{ a }", 3));
    expect(history.map(({ at }) => at)).toEqual([3, 2]);
    for (let at = 0; at < 60; at += 1) history = withEntry(history, entry(`{ f${at} }`, at));
    expect(history).toHaveLength(50);
  });
});

test.each([
  ["", {}],
  [' { "a": 1 } ', { a: 1 }],
])("reads %j as variables", (text, variables) => {
  expect(variablesOf(text)).toEqual(variables);
});

test.each(["[1]", "null", "1", "{"])("refuses %s as variables", (text) => {
  expect(() => variablesOf(text)).toThrow(/JSON/);
});

test("reads claims with letters of any alphabet", () => {
  const payload = Buffer.from(JSON.stringify({ sub: "Zoë 🙂", exp: 5 })).toString("base64url");
  expect(claimsOf(`h.${payload}.s`)).toEqual({ sub: "Zoë 🙂", exp: 5 });
});

test.each([
  [0, "0:00"],
  [5, "0:05"],
  [299, "4:59"],
  [3600, "1:00:00"],
  [86_400, "24:00:00"],
])("shows %i seconds as %s", (seconds, shown) => {
  expect(formatSeconds(seconds)).toBe(shown);
});

test("ticks a step off when it has happened, by a click or by hand", () => {
  const happened = (...happenings: Happening[]) => {
    let done: ReadonlySet<Step["id"]> = new Set();
    for (const happening of happenings) done = doneAfter(done, happening);
    return [...done];
  };
  const answered = (data: unknown, reason?: string): Happening => ({ kind: "answered", data, reason });
  expect(happened({ kind: "signedIn" })).toEqual(["signIn"]);
  expect(happened(answered({ createPost: { post: {} } }), answered({ posts: {} }))).toEqual(["create", "list"]);
  expect(happened(answered(undefined, "TOKEN_EXPIRED"), { kind: "renewed" })).toEqual(["expire", "renew"]);
  // Not for what was refused, and not renewed before an end was seen.
  expect(happened(answered({ createPost: null }), answered(undefined, "TOKEN_MISSING"), { kind: "renewed" })).toEqual(
    [],
  );
});

describe("the schema", () => {
  const schema = makeSchema();

  test("is searched by names first, then by descriptions", () => {
    const found = search(schema, "vote").map(({ type, field }) => (field === undefined ? type : `${type}.${field}`));
    expect(found.slice(0, 3)).toEqual(["Mutation.votePost", "Post.voteCount", "PostEventKind.VOTED"]);
    expect(found).toContain("Mutation.unvotePost");
    expect(search(schema, "can't be decoded by anything")).toEqual([]);
    expect(search(schema, "  ")).toEqual([]);
  });

  test("is drawn as boxes that don't overlap, with a line for each field that leads to another", () => {
    const { boxes, edges } = picture(schema, "Query");
    expect(boxes.map(({ type }) => type.name)).toEqual(
      expect.arrayContaining(["Query", "Post", "User", "Session", "PostConnection", "PageInfo", "PostStatus"]),
    );
    for (const one of boxes)
      for (const other of boxes)
        if (one !== other && one.x === other.x)
          expect(one.y >= other.y + other.height || other.y >= one.y + one.height).toBe(true);
    const lines = edges.map(({ from, row, to }) => `${from.type.name}.${row} ${to.type.name}`);
    expect(new Set(lines).size).toBe(lines.length);
    expect(edges.some(({ from, to }) => from.type.name === "Post" && to.type.name === "User")).toBe(true);
  });
});
