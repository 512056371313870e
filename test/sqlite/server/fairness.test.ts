import { pbkdf2 } from "node:crypto";
import { once } from "node:events";
import { connect } from "node:net";

import { expect, onTestFinished, test } from "vitest";

import { openDatabase } from "../../../src/database/database.js";
import { openReader } from "../../../src/database/reader.js";
import { sql } from "../../../src/database/sql.js";
import { entities } from "../../../src/graphql/schema.js";
import type { TestAccount as Account } from "../../../src/testing/account.js";
import { startApi, type Api } from "../../support/api.js";
import { newFileUrl } from "../../support/files.js";
import { startSmallServer } from "../../support/small-server.js";
import { countStatements } from "../../support/statements.js";

const immediates = async (count: number) => {
  for (let index = 0; index < count; index += 1) await new Promise((resolve) => setImmediate(resolve));
};
const create = (account: Account, content: string) =>
  account.send(`mutation ($c: String!) { createPost(input: { title: "T", content: $c }) { post { id } } }`, {
    variables: { c: content },
  });
const slow = sql`with recursive n(i) as (select 1 union all select i + 1 from n where i < 1000000000) select max(i) from n`;

/** Gives every thread of Node's pool something to do for a while, so that whatever else needs one has to wait. */
function fillThreads() {
  const threads = Number(process.env["UV_THREADPOOL_SIZE"]) || 4;
  let freed = false;
  const work = () =>
    new Promise<void>((resolve, reject) => {
      pbkdf2("password", "salt", 1_000_000, 64, "sha512", (error) => {
        freed = true;
        if (error === null) resolve();
        else reject(error);
      });
    });
  return { freed: () => freed, done: Promise.all(Array.from({ length: threads }, work)) };
}

async function fileReader(slowReads: number) {
  const database = await openDatabase(newFileUrl(), entities);
  onTestFinished(() => database.close(true));
  return openReader(database, { maxSlowReads: slowReads });
}

const timeout = {
  message: "The operation took too long; it may be worth another try",
  extensions: { code: "TIMEOUT", retryAfterSeconds: 1 },
};

test.each(["a file", "memory"])(
  "counts the look-up of the credential in %s towards the operation's time",
  async (where) => {
    const api = await startApi(where === "a file" ? { DATABASE_URL: newFileUrl() } : {});
    const ada = await api.register();

    const answer = ada.send("{ me { name } }");
    while (api.timer.waiting() < 1) await immediates(1);
    api.timer.ring();

    expect(await answer).toMatchObject({ status: 503, body: { errors: [timeout] } });
    expect((await answer).body).not.toHaveProperty("data");
  },
);

test("answers TIMEOUT while the look-up of the credential still waits for a thread", async () => {
  const api = await startApi({ DATABASE_URL: newFileUrl() });
  const ada = await api.register();
  const threads = fillThreads();

  const answer = ada.send("{ me { name } }");
  while (api.timer.waiting() < 1) await immediates(1);
  api.timer.ring();

  expect((await answer).body).toMatchObject({ errors: [timeout] });
  expect(threads.freed()).toBe(false);
  await threads.done;
});

test("interrupts a statement that hadn't begun when its time was up", async () => {
  const reader = await fileReader(100);
  const read = (signal: AbortSignal) =>
    reader.all(slow, { cost: "scan", clientKey: "one", signal }).catch((error: Error) => error.message);
  // From then on it is kept prepared, and goes to a thread at once.
  const first = new AbortController();
  const prepared = read(first.signal);
  await immediates(20);
  first.abort(new Error("over"));
  expect(await prepared).toBe("over");
  expect(await reader.all(sql`select 1 as one`, { cost: "scan", clientKey: "two" })).toEqual([{ one: 1 }]);

  const threads = fillThreads();
  const second = new AbortController();
  const waiting = read(second.signal);
  await immediates(20);
  second.abort(new Error("over"));
  expect(await waiting).toBe("over");
  expect(threads.freed()).toBe(false);
  await threads.done;
  // It has ended, or this would wait for minutes.
  expect(await reader.all(sql`select 2 as two`, { cost: "scan", clientKey: "two" })).toEqual([{ two: 2 }]);
  await reader.close();
});

test("refuses slow reads past the limit, of one client at half of it, and runs short reads meanwhile", async () => {
  const reader = await fileReader(4);
  const over = new AbortController();
  const read = (clientKey: string, cost: "scan" | "indexed", statement = slow) =>
    reader.all(statement, { cost, clientKey, signal: over.signal });
  const running = [read("one", "scan"), read("one", "scan")];
  const refusal = { code: "SERVICE_UNAVAILABLE", details: { retryAfterSeconds: 1 } };

  await expect(read("one", "scan")).rejects.toMatchObject(refusal);
  running.push(read("two", "scan"), read("three", "scan"));
  await expect(read("four", "scan")).rejects.toMatchObject(refusal);
  expect(await read("four", "indexed", sql`select 1 as one`)).toEqual([{ one: 1 }]);
  expect(await reader.credentials(sql`select 1 as one`, [])).toEqual([{ one: 1 }]);

  over.abort(new Error("over"));
  for (const rows of running) await expect(rows).rejects.toThrow("over");
  // What has ended counts no more.
  await immediates(50);
  await expect(reader.all(sql`select 1 as one`, { cost: "scan", clientKey: "one" })).resolves.toEqual([{ one: 1 }]);
  await reader.close();
});

test("does not execute writes of a client that has disconnected", async () => {
  const url = newFileUrl();
  const api = await startApi({ DATABASE_URL: url });
  const ada = await api.register();
  const other = await openDatabase(url, entities);
  onTestFinished(() => other.close(true));
  const run = (statement: string) => other.em.getConnection().execute(statement);

  await run("begin immediate");
  const leaving = new AbortController();
  const answer = fetch(api.url, {
    method: "POST",
    signal: leaving.signal,
    headers: { "content-type": "application/json", authorization: `Bearer ${ada.token}` },
    body: JSON.stringify({ query: `mutation { createPost(input: { title: "T", content: "C" }) { post { id } } }` }),
  });
  while (api.timer.waiting() < 1) await immediates(1);
  leaving.abort();
  await expect(answer).rejects.toThrow("aborted");
  // Its time limit is lifted once it has ended.
  while (api.timer.waiting() > 0) await immediates(1);
  await run("rollback");

  expect((await ada.send("{ posts { totalCount } }")).body.data.posts.totalCount).toBe(0);
});

test("lists sessions while another process writes", async () => {
  const url = newFileUrl();
  const api = await startApi({ DATABASE_URL: url });
  const ada = await api.register();
  const other = await openDatabase(url, entities);
  onTestFinished(() => other.close(true));
  await other.em.getConnection().execute("begin immediate");
  const { body } = await ada.send("{ me { sessions { id current } } }");
  await other.em.getConnection().execute("rollback");
  expect(body.data.me.sessions).toEqual([{ id: ada.sessionId, current: true }]);
});

const tooComplex = (message: unknown) => ({ errors: [{ message, extensions: { code: "QUERY_TOO_COMPLEX" } }] });
const tooManyBytes = tooComplex("The response would have more than 20,000 bytes");

async function withPosts(contents: readonly string[]): Promise<{ api: Api; ada: Account; ids: string[] }> {
  const api = await startApi({ MAX_ANSWER_BYTES: "20000", DATABASE_URL: newFileUrl() });
  const ada = await api.register("Ada");
  const ids: string[] = [];
  for (const content of contents) {
    const { body } = await create(ada, content);
    ids.push(body.data.createPost.post.id);
    api.clock.advance(1);
  }
  return { api, ada, ids };
}

test.each([
  { of: "one page", fits: "{ posts(first: 1) { nodes { content } } }", not: "{ posts { nodes { content } } }" },
  {
    of: "aliases",
    fits: "{ posts(first: 1) { nodes { content } edges { node { title } } } }",
    not: "{ posts(first: 1) { nodes { content again: content } } }",
  },
  {
    of: "nodes and edges",
    fits: "{ posts(first: 1) { nodes { content } } }",
    not: "{ posts(first: 1) { nodes { content } edges { node { content } } } }",
  },
  {
    of: "two lists",
    fits: "{ a: posts(first: 1) { nodes { content } } b: posts(first: 1) { nodes { title } } }",
    not: "{ a: posts(first: 1) { nodes { content } } b: posts(first: 1) { nodes { content } } }",
  },
  {
    of: "a list below a list",
    fits: "{ posts(first: 2) { nodes { author { posts(first: 1) { nodes { title } } } } } }",
    not: "{ posts(first: 2) { nodes { author { posts(first: 2) { nodes { content } } } } } }",
  },
  {
    of: "single posts",
    fits: "{ post(id: $id) { content } }",
    not: "{ a: post(id: $id) { content } b: node(id: $id) { ... on Post { content } } }",
  },
])("counts the contents of $of before they are read", async ({ fits, not }) => {
  // Six bytes each as JSON, though one in the database.
  const { ada, ids } = await withPosts(["\u0001".repeat(2000), "\u0001".repeat(2000)]);
  const send = (query: string) =>
    ada.send(query.replaceAll("$id", JSON.stringify(ids[0])), { headers: { accept: "*/*" } });
  expect((await send(fits)).body.errors).toBeUndefined();
  const { errors } = (await send(not)).body;
  expect(new Set(errors!.map(({ message, extensions }) => `${extensions.code}: ${message}`))).toEqual(
    new Set(["QUERY_TOO_COMPLEX: The response would have more than 20,000 bytes"]),
  );
});

test("counts the content of each of several single posts separately", async () => {
  const { ada, ids } = await withPosts(["a".repeat(6000), "b".repeat(6000), "c".repeat(6000)]);
  const fields = ids.map((id, index) => `p${index}: post(id: "${id}") { content }`);
  expect((await ada.send(`{ ${fields.join(" ")} }`)).body.errors).toBeUndefined();
});

test.each([
  {
    of: "creating",
    query: `mutation ($c: String!) { createPost(input: { title: "New", content: $c }) { post { content again: content } } }`,
  },
  {
    of: "changing",
    query: `mutation ($id: ID!) { updatePost(input: { id: $id, title: "New" }) { post { content again: content } } }`,
  },
  {
    of: "voting for",
    query: `mutation ($id: ID!) { votePost(input: { postId: $id }) { post { content again: content } } }`,
  },
])("does nothing if the answer to $of a post has no room for its content", async ({ query }) => {
  const content = "\u0001".repeat(2000);
  const { ada, ids } = await withPosts([content]);
  const { status, body } = await ada.send(query, { variables: { id: ids[0], c: content } });
  expect(status).toBe(422);
  expect(body).toMatchObject(tooManyBytes);
  expect((await ada.send("{ posts { nodes { title version voteCount } } }")).body.data.posts.nodes).toEqual([
    { title: "T", version: 1, voteCount: 0 },
  ]);
});

test("counts fields that @skip and @include leave, fragments, and no content that isn't selected", async () => {
  const { ada } = await withPosts(["\u0001".repeat(2000), "\u0001".repeat(2000)]);
  const query = `query ($with: Boolean!) { posts { nodes { ...F } } } fragment F on Post { title ... @include(if: $with) { content } }`;
  const statements = countStatements();
  expect((await ada.send(query, { variables: { with: false } })).body.errors).toBeUndefined();
  expect(statements().join("\n")).not.toContain("p.content");
  expect((await ada.send(query, { variables: { with: true } })).body).toMatchObject(tooManyBytes);
});

test("refuses keys that are longer than an answer may be, before anything runs", async () => {
  const { ada } = await withPosts(["C"]);
  const alias = "a".repeat(300);
  const statements = countStatements();
  const { status, body } = await ada.send(`{ posts(first: 100) { nodes { ${alias}: id } } }`);
  expect(status).toBe(422);
  expect(body).toMatchObject(tooComplex(expect.stringContaining("bytes of keys and plain values")));
  expect(statements()).toHaveLength(1);
});

test("refuses an answer whose short texts add up to too much", async () => {
  const api = await startApi({ MAX_ANSWER_BYTES: "20000" });
  const ada = await api.register("Ada");
  const title = "\u0001t".repeat(100);
  for (let index = 0; index < 15; index += 1)
    await ada.send(`mutation ($t: String!) { createPost(input: { title: $t, content: "C" }) { post { id } } }`, {
      variables: { t: title },
    });
  expect((await ada.send("{ posts { nodes { title } } }")).body.errors).toBeUndefined();
  const { body } = await ada.send("{ posts { nodes { title a: title b: title } } }");
  expect(body).toMatchObject(tooManyBytes);
});

test("looks up each word of a search once, and refuses more than 16 different ones", async () => {
  const api = await startApi();
  const ada = await api.register();
  await create(ada, "one two three");
  const found = async (search: string) => {
    const { body } = await ada.send(`query ($s: String) { posts(search: $s) { totalCount } }`, {
      variables: { s: search },
    });
    return body.data?.posts.totalCount ?? body.errors![0]!.extensions["issues"];
  };
  expect(await found("one ".repeat(50))).toBe(1);
  expect(await found("One ONE óne two")).toBe(1);
  const words = (count: number) => Array.from({ length: count }, (_, index) => `w${index}`).join(" ");
  expect(await found(words(16))).toBe(0);
  expect(await found(words(17))).toEqual([{ path: ["search"], message: "must have at most 16 different words" }]);
});

/** A server with small bounds, and what opens connections to it. */
async function smallServer(api: Api, bounds: Parameters<typeof startSmallServer>[1]) {
  const { http, port, logged } = await startSmallServer(api, bounds);
  const open = (bytes: string) => {
    const socket = connect(port, "127.0.0.1");
    onTestFinished(() => void socket.destroy());
    socket.on("error", () => {});
    socket.write(bytes);
    return socket;
  };
  const closed = new Promise<string>((resolve) =>
    http.server.on("connection", (socket) => socket.on("close", () => resolve("closed"))),
  );
  return { port, open, closed, logged };
}

const head = (length: number, token = "x") =>
  `POST /graphql HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\nauthorization: Bearer ${token}\r\ncontent-length: ${length}\r\n\r\n`;

test("answers 503 to a body that there is no room for, and accepts it when there is", async () => {
  const api = await startApi();
  const { port, open } = await smallServer(api, { bodies: 200_000 });
  const body = JSON.stringify({ query: "{ __typename }" }).padEnd(90_000);
  const send = async () => {
    const headers = { "content-type": "application/json" };
    const response = await fetch(`http://127.0.0.1:${port}/graphql`, { method: "POST", headers, body });
    return { status: response.status, retry: response.headers.get("retry-after"), answer: await response.json() };
  };

  const holding = open(head(90_000));
  const busy = { message: expect.any(String), extensions: { code: "SERVICE_UNAVAILABLE", retryAfterSeconds: 1 } };
  let told = await send();
  // Until the server has seen the other's headers.
  while (told.status === 200) told = await send();
  expect(told).toEqual({ status: 503, retry: "1", answer: { errors: [busy] } });

  const closed = once(holding, "close");
  api.clock.advance(1000);
  expect((await send()).status).toBe(200);
  await closed;
});

test("closes the connection of a client that doesn't read its answer", async () => {
  const api = await startApi();
  const ada = await api.register();
  for (let index = 0; index < 80; index += 1) await create(ada, "x".repeat(100_000));
  const { open, closed } = await smallServer(api, { sendTimeout: 1 });
  const body = JSON.stringify({ query: "{ posts(first: 100) { nodes { content a: content } } }" });
  const socket = open(head(body.length, ada.token) + body);
  socket.pause();
  expect(await closed).toBe("closed");
});

test("reports the result of a mutation even if there is no room for its answer", async () => {
  const api = await startApi();
  const ada = await api.register();
  for (let index = 0; index < 100; index += 1) await create(ada, "C");
  const { port } = await smallServer(api, { answers: 20_000 });
  const fields = "id title content createdAt updatedAt author { id name createdAt } status version voteCount";
  const send = async (query: string) => {
    const headers = { "content-type": "application/json", authorization: `Bearer ${ada.token}` };
    const body = JSON.stringify({ query });
    const response = await fetch(`http://127.0.0.1:${port}/graphql`, { method: "POST", headers, body });
    return { status: response.status, body: (await response.json()) as any };
  };
  const list = `posts(first: 100) { nodes { ${fields} } edges { cursor node { ${fields} } } }`;
  expect((await send(`{ ${list} }`)).status).toBe(503);
  const done = await send(
    `mutation { createPost(input: { title: "New", content: "C" }) { post { title author { ${list} } } } }`,
  );
  expect(done).toMatchObject({ status: 200, body: { data: { createPost: { post: { title: "New" } } } } });
});

test("lets one client's answers use half of the budget", async () => {
  const api = await startApi();
  const ada = await api.register();
  for (let index = 0; index < 5; index += 1) await create(ada, "x".repeat(100_000));
  const { port } = await smallServer(api, { answers: 1_100_000 });
  const send = async (query: string) => {
    const headers = { "content-type": "application/json", authorization: `Bearer ${ada.token}` };
    const body = JSON.stringify({ query });
    const response = await fetch(`http://127.0.0.1:${port}/graphql`, { method: "POST", headers, body });
    return { status: response.status, length: (await response.text()).length };
  };
  const whole = await send("{ posts { nodes { content } } }");
  expect(whole.status).toBe(200);
  expect(whole.length).toBeGreaterThan(500_000);
  // A field is refused, to which a client that accepts anything gets 200.
  const tooMuch = await send("{ posts { nodes { content again: content } } }");
  expect(tooMuch).toMatchObject({ status: 503, length: expect.any(Number) });
});

test("frees and logs requests that waited behind another when their connection closed", async () => {
  const api = await startApi({ DATABASE_URL: newFileUrl() });
  const ada = await api.register();
  const { port, open, logged } = await smallServer(api, { bodies: 200_000 });
  const threads = fillThreads();
  const request = (query: string, length: number) =>
    `POST /graphql HTTP/1.1\r\nhost: x\r\nauthorization: Bearer ${ada.token}\r\ncontent-type: application/json\r\ncontent-length: ${length}\r\n\r\n${JSON.stringify({ query }).padEnd(length)}`;
  const socket = open(request("{ me { name } }", 100) + request("{ me { id } }", 90_000));
  while (api.timer.waiting() < 2) await immediates(1);
  socket.destroy();
  await threads.done;
  while (logged.length < 2) await immediates(1);
  const aborted = expect.objectContaining({ msg: "request", aborted: true });
  expect(logged.map((line) => JSON.parse(line) as unknown)).toEqual([aborted, aborted]);

  const body = JSON.stringify({ query: "{ __typename }" }).padEnd(90_000);
  const headers = { "content-type": "application/json" };
  const { status } = await fetch(`http://127.0.0.1:${port}/graphql`, { method: "POST", headers, body });
  expect(status).toBe(200);
});
