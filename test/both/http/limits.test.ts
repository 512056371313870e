import { once } from "node:events";
import { connect } from "node:net";

import { getIntrospectionQuery } from "graphql";
import { expect, onTestFinished, test } from "vitest";

import { openDatabase } from "../../../src/database/database.js";
import { entities } from "../../../src/graphql/schema.js";
import { openReader } from "../../../src/database/reader.js";
import { sql } from "../../../src/database/sql.js";
import { startApi } from "../../support/api.js";
import { newDatabaseUrl, places } from "../../support/database.js";
import { createPost, tryToCreatePost } from "../../support/posts.js";
import { whileOthersWrite } from "../../support/rows.js";
import { countStatements } from "../../support/statements.js";

const aliases = (count: number) => Array.from({ length: count }, (_, index) => `a${index}: __typename`).join(" ");
test.each([
  ["1,000 tokens", `{ ${"id ".repeat(998)} }`, `{ ${"id ".repeat(999)} }`, "The document has more than 1000 tokens"],
  [
    "10 levels of fields",
    `{ posts(first: 1) { nodes { author { posts(first: 1) { nodes { author { posts(first: 1) { nodes { author { id } } } } } } } } } }`,
    `{ posts(first: 1) { nodes { author { posts(first: 1) { nodes { author { posts(first: 1) { nodes { author { posts(first: 1) { totalCount } } } } } } } } } } }`,
    "The operation has 11 levels of fields (limit 10)",
  ],
  ["15 aliases", `{ ${aliases(15)} }`, `{ ${aliases(16)} }`, "The operation has 16 aliases (limit 15)"],
  [
    "50 directives",
    `{ me { ${"id @skip(if: true) @include(if: true) ".repeat(25)} } }`,
    `{ me @skip(if: false) { ${"id @skip(if: true) @include(if: true) ".repeat(25)} } }`,
    "The operation has 51 directives (limit 50)",
  ],
  [
    "5,000 objects",
    `{ posts(first: 100) { nodes { author { posts(first: 23) { nodes { id } } } } } }`,
    `{ posts(first: 100) { nodes { author { posts(first: 24) { nodes { id } } } } } }`,
    "The operation has 5,100 objects in its response (limit 5,000)",
  ],
])("refuses more than %s before anything runs", async (_of, allowed, refused, message) => {
  const api = await startApi();
  const ada = await api.register();
  const statements = countStatements();

  const answer = await ada.send(refused);
  expect(answer.status).toBe(422);
  expect(answer.body).toEqual({
    errors: [expect.objectContaining({ message, extensions: { code: "QUERY_TOO_COMPLEX" } })],
  });
  // The credential was judged, and no more.
  expect(statements()).toHaveLength(1);

  const { body } = await ada.send(allowed);
  expect(body.errors?.[0]?.extensions.code).not.toBe("QUERY_TOO_COMPLEX");
});

test("names all exceeded limits, and takes other limits from the settings", async () => {
  const api = await startApi({ MAX_DEPTH: "4", MAX_ALIASES: "1", MAX_COST: "20" });
  const ada = await api.register();
  const { body } = await ada.send("{ a: posts(first: 1) { b: nodes { author { posts(first: 1) { totalCount } } } } }");
  expect(body.errors![0]!.message).toBe("The operation has 5 levels of fields (limit 4), and 2 aliases (limit 1)");
  expect((await ada.send("{ posts(first: 20) { totalCount } }")).body.errors).toBeUndefined();
  expect((await ada.send("{ posts(first: 21) { totalCount } }")).body.errors).toHaveLength(1);
});

test("accepts the introspection of tools, and no deeper one", async () => {
  const api = await startApi();
  const everything = { specifiedByUrl: true, directiveIsRepeatable: true, inputValueDeprecation: true };
  expect((await api.send(getIntrospectionQuery(everything))).body.errors).toBeUndefined();
  const types = `type { ${"ofType { ".repeat(20)} name ${"} ".repeat(20)} }`;
  expect((await api.send(`{ __schema { types { fields { ${types} } } } }`)).body.errors![0]!.extensions.code).toBe(
    "QUERY_TOO_COMPLEX",
  );
});

test("refuses a document that grows with every fragment, however short it is", async () => {
  const api = await startApi();
  const ada = await api.register();
  const fragments = Array.from(
    { length: 40 },
    (_, index) => `fragment f${index} on Query { ...f${index + 1} ...f${index + 1} }`,
  );
  const { body } = await ada.send(`{ ...f0 } ${fragments.join(" ")} fragment f40 on Query { a: __typename }`);
  expect(body.errors![0]!.extensions.code).toBe("QUERY_TOO_COMPLEX");
});

const slow = sql`with recursive n(i) as (select 1 union all select i + 1 from n where i < 1000000000) select max(i) from n`;

test("interrupts the statement of an operation that times out, and no other", async () => {
  const database = await openDatabase(await newDatabaseUrl(), entities);
  onTestFinished(() => database.close(true));
  const reader = await openReader(database, { maxSlowReads: 256 });
  const over = new AbortController();
  const read = { cost: "scan", clientKey: "one" } as const;
  // As many as there may be connections for, and more.
  const running = Array.from({ length: 8 }, () => reader.all(slow, { ...read, signal: over.signal }));
  const waiting = reader.all(sql`select 1 as number`, { ...read, clientKey: "two" });

  over.abort(new Error("one is over"));

  for (const rows of running) await expect(rows).rejects.toThrow("one is over");
  expect(await waiting).toEqual([{ number: 1 }]);
  await expect(reader.all(slow, { ...read, signal: over.signal })).rejects.toThrow("one is over");
  await reader.close();
});

const timeout = {
  errors: [
    expect.objectContaining({
      message: "The operation took too long; it may be worth another try",
      extensions: { code: "TIMEOUT", retryAfterSeconds: 1 },
    }),
  ],
};

test("answers TIMEOUT to a write that waits for another's lock, and never executes it", async () => {
  const url = await newDatabaseUrl();
  const api = await startApi({ DATABASE_URL: url });
  const ada = await api.register();
  const other = await openDatabase(url, entities);
  onTestFinished(() => other.close(true));

  const answers = await whileOthersWrite(other, async () => {
    const both = Promise.all([tryToCreatePost(ada), tryToCreatePost(ada)]);
    // Until both have begun, which shows by their time limits.
    while (api.timer.waiting() < 2) await new Promise((resolve) => setImmediate(resolve));
    api.timer.ring();
    return both;
  });

  for (const answer of answers) {
    expect(answer.status).toBe(503);
    expect(answer.body).toEqual(timeout);
  }
  expect((await ada.send("{ posts { totalCount } }")).body.data.posts.totalCount).toBe(0);
  expect((await tryToCreatePost(ada)).body.errors).toBeUndefined();
  expect((await ada.send("{ posts { totalCount } }")).body.data.posts.totalCount).toBe(1);
});

test.each(places())("answers TIMEOUT to a page that times out while it is read from $place", async ({ newUrl }) => {
  const api = await startApi({ DATABASE_URL: await newUrl() });
  const ada = await api.register();
  await createPost(ada);

  const answer = ada.send("{ posts { nodes { title } } }");
  while (api.timer.waiting() < 1) await new Promise((resolve) => setImmediate(resolve));
  api.timer.ring();

  expect((await answer).status).toBe(503);
  expect((await answer).body).toEqual(timeout);
  expect((await ada.send("{ posts { totalCount } }")).body).toEqual({ data: { posts: { totalCount: 1 } } });
});

test("forgets the time limit of an operation that has ended", async () => {
  const api = await startApi();
  const ada = await api.register();
  await ada.send("{ me { id } }");
  await ada.send("{ nothing }");
  await ada.send("{");
  // Read as far as its context, and no operation after all.
  const headers = { "content-type": "application/json", authorization: `Bearer ${ada.token}` };
  expect((await api.fetch("/graphql", { method: "POST", headers, body: "{}" })).status).toBe(400);
  expect(api.timer.waiting()).toBe(0);
});

test("refuses a body and a URL that are too long, and a connection above the limit", async () => {
  const api = await startApi({ MAX_BODY_BYTES: "1000", MAX_URL_LENGTH: "100", MAX_CONNECTIONS: "3" });
  const told = async (path: string, init?: RequestInit) => {
    const { status, body } = await api.fetch(path, init);
    return [status, body.errors?.[0]?.message];
  };

  const post = (length: number) => ({
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ query: "{ __typename }" }).padEnd(length),
  });
  expect(await told("/graphql", post(1000))).toEqual([200, undefined]);
  expect(await told("/graphql", post(1001))).toEqual([413, "A request's body may have at most 1000 bytes"]);
  const path = "/graphql?query={__typename}".padEnd(100, "+");
  expect(await told(path)).toEqual([200, undefined]);
  expect(await told(`${path}+`)).toEqual([414, "A URL may have 100 characters at most"]);

  const { port, hostname } = new URL(api.url);
  const sockets = Array.from({ length: 5 }, () => connect(Number(port), hostname));
  onTestFinished(() => sockets.forEach((socket) => void socket.destroy()));
  // Those beyond the limit are closed without a word.
  const closed = sockets.map((socket) => once(socket, "close"));
  await Promise.race(closed);
  expect(sockets.some((socket) => socket.closed)).toBe(true);
});
