import { expect, test } from "vitest";

import type { TestAccount as Account } from "../../../src/testing/account.js";
import { startApi } from "../../support/api.js";
import { deletePost, tryToCreatePost, updatePost } from "../../support/posts.js";

const fields = "id title content published status publishedAt createdAt updatedAt version author { id name }";

const create = async (account: Account, input: Record<string, unknown> = {}) =>
  (await tryToCreatePost(account, input, fields)).body.data.createPost.post;

const update = (account: Account, input: Record<string, unknown>) => updatePost(account, input, fields);

const read = async (account: Account, id: string) =>
  (await account.send(`query ($id: ID!) { post(id: $id) { ${fields} } }`, { variables: { id } })).body.data.post;

async function list(account: Account, args = "") {
  const { body } = await account.send(
    `{ posts${args} { totalCount nodes { title } edges { cursor node { title } } pageInfo { hasNextPage hasPreviousPage startCursor endCursor } } }`,
  );
  const page = body.data.posts;
  expect(page.edges.map((edge: any) => edge.node)).toEqual(page.nodes);
  return { ...page, titles: page.nodes.map((node: any) => node.title) };
}

test("publishes a post at once, for everybody", async () => {
  const api = await startApi();
  const [ada, bob] = [await api.register("Ada"), await api.register("Bob")];

  const post = await create(ada, { title: "  Hello  ", content: " kept as it is \n" });

  expect(post).toEqual({
    id: expect.stringMatching(/^post_[0-9A-Z]{26}$/),
    title: "Hello",
    content: " kept as it is \n",
    published: true,
    status: "PUBLISHED",
    publishedAt: "2026-11-22T09:00:00.417Z",
    createdAt: "2026-11-22T09:00:00.417Z",
    updatedAt: "2026-11-22T09:00:00.417Z",
    version: 1,
    author: { id: ada.id, name: "Ada" },
  });
  expect(await read(bob, post.id)).toEqual(post);
});

test("keeps a draft from everybody but its author", async () => {
  const api = await startApi();
  const [ada, bob] = [await api.register(), await api.register()];

  const draft = await create(ada, { published: false });

  expect(draft).toMatchObject({ published: false, status: "DRAFT", publishedAt: null });
  expect(await read(ada, draft.id)).toEqual(draft);
  expect(await list(ada)).toMatchObject({ titles: ["Title"], totalCount: 1 });
  expect(await read(bob, draft.id)).toBeNull();
  expect(await list(bob)).toMatchObject({ titles: [], totalCount: 0 });
});

test("answers a change of another user's draft like that of a post that doesn't exist", async () => {
  const api = await startApi();
  const [ada, bob] = [await api.register(), await api.register()];
  const { id } = await create(ada, { published: false });
  const missing = "post_01ARZ3NDEKTSV4RRFFQ69G5FAV";

  for (const change of [(of: string) => update(bob, { id: of, title: "Mine" }), (of: string) => deletePost(bob, of)]) {
    const [draft, nothing] = [await change(id), await change(missing)];
    expect(draft.body.errors![0]).toMatchObject({
      message: "There is no such post",
      extensions: { code: "NOT_FOUND" },
    });
    expect(draft.body).toEqual(nothing.body);
    expect(draft.status).toBe(200);
  }
  expect(await read(ada, id)).toMatchObject({ title: "Title", version: 1 });
});

test("lets nobody but its author change a published post", async () => {
  const api = await startApi();
  const [ada, bob] = [await api.register(), await api.register()];
  const post = await create(ada);

  for (const { body } of [await update(bob, { id: post.id, title: "Mine" }), await deletePost(bob, post.id)])
    expect(body.errors![0]).toMatchObject({ extensions: { code: "FORBIDDEN" } });

  expect(await read(ada, post.id)).toEqual(post);
});

test("changes only the fields given, and counts the change", async () => {
  const api = await startApi();
  const ada = await api.register();
  const post = await create(ada);
  api.clock.advance(1000);

  const { body } = await update(ada, { id: post.id, title: "New" });

  expect(body.data.updatePost.post).toEqual({
    ...post,
    title: "New",
    version: 2,
    updatedAt: "2026-11-22T09:00:01.417Z",
  });
  expect(await read(ada, post.id)).toEqual(body.data.updatePost.post);
});

test("leaves version and date unchanged if nothing changes", async () => {
  const api = await startApi();
  const ada = await api.register();
  const post = await create(ada);
  api.clock.advance(1000);

  for (const input of [{}, { title: " Title ", content: "Content" }, { published: true }])
    expect((await update(ada, { id: post.id, ...input })).body.data.updatePost.post).toEqual(post);
});

test("withdraws and publishes: a draft published again has a new date", async () => {
  const api = await startApi();
  const ada = await api.register();
  const post = await create(ada);
  api.clock.advance(1000);

  const withdrawn = (await update(ada, { id: post.id, published: false })).body.data.updatePost.post;
  expect(withdrawn).toMatchObject({ status: "DRAFT", published: false, publishedAt: null, version: 2 });

  api.clock.advance(1000);
  const again = (await update(ada, { id: post.id, published: true })).body.data.updatePost.post;
  expect(again).toMatchObject({ status: "PUBLISHED", publishedAt: "2026-11-22T09:00:02.417Z", version: 3 });
});

test("keeps both of two changes made at once to different fields", async () => {
  const api = await startApi();
  const ada = await api.register();
  const { id } = await create(ada);

  await Promise.all([update(ada, { id, title: "New title" }), update(ada, { id, content: "New content" })]);

  expect(await read(ada, id)).toMatchObject({ title: "New title", content: "New content", version: 3 });
});

test("publishes a scheduled post at its date, with nothing running", async () => {
  const api = await startApi({ ACCESS_TOKEN_TTL: "24h" });
  const [ada, bob] = [await api.register(), await api.register()];
  await create(ada, { title: "Now" });
  const publishAt = "2026-11-22T10:00:00.000Z";

  const post = await create(ada, { title: "Later", publishAt });

  expect(post).toMatchObject({ status: "SCHEDULED", published: false, publishedAt: publishAt, version: 1 });
  api.clock.set(new Date("2026-11-22T09:59:59.999Z"));
  expect(await read(bob, post.id)).toBeNull();
  expect(await list(bob)).toMatchObject({ titles: ["Now"], totalCount: 1 });
  expect(await list(ada)).toMatchObject({ titles: ["Later", "Now"], totalCount: 2 });
  expect((await update(bob, { id: post.id, title: "Mine" })).body.errors![0]!.extensions.code).toBe("NOT_FOUND");

  api.clock.set(new Date(publishAt));
  expect(await read(bob, post.id)).toEqual({ ...post, status: "PUBLISHED", published: true });
  expect(await list(bob)).toMatchObject({ titles: ["Later", "Now"], totalCount: 2 });
  expect((await update(bob, { id: post.id, title: "Mine" })).body.errors![0]!.extensions.code).toBe("FORBIDDEN");
});

test("moves a schedule, cancels it, and publishes before it", async () => {
  const api = await startApi();
  const ada = await api.register();
  const changed = async (input: Record<string, unknown>) => (await update(ada, input)).body.data.updatePost.post;
  const { id } = await create(ada, { published: false });

  expect(await changed({ id, publishAt: "2026-11-22T10:00:00.000Z" })).toMatchObject({
    status: "SCHEDULED",
    version: 2,
  });
  expect(await changed({ id, publishAt: "2026-11-22T10:00:00.000Z" })).toMatchObject({ version: 2 });
  expect(await changed({ id, publishAt: "2026-11-22T11:00:00.000Z" })).toMatchObject({
    status: "SCHEDULED",
    publishedAt: "2026-11-22T11:00:00.000Z",
    version: 3,
  });
  expect(await changed({ id, publishAt: null })).toMatchObject({ status: "DRAFT", publishedAt: null, version: 4 });
  await changed({ id, publishAt: "2026-11-22T11:00:00.000Z" });
  expect(await changed({ id, published: true })).toMatchObject({
    status: "PUBLISHED",
    publishedAt: "2026-11-22T09:00:00.417Z",
    version: 6,
  });
});

test.each([
  { of: "now", input: { publishAt: "2026-11-22T09:00:00.417Z" }, messages: ["must be in the future"] },
  { of: "in the past", input: { publishAt: "2020-01-01T00:00:00Z" }, messages: ["must be in the future"] },
  {
    of: "in the past, of a draft that is to stay one",
    input: { publishAt: "2020-01-01T00:00:00Z", published: false },
    messages: ["must be in the future", expect.stringMatching(/^must not be set (on|together)/)],
  },
])("refuses a publishAt $of, when creating and when changing", async ({ input, messages }) => {
  const api = await startApi();
  const ada = await api.register();
  const post = await create(ada, { published: false });

  const answers = [await tryToCreatePost(ada, input), await update(ada, { id: post.id, ...input })];

  for (const { body } of answers)
    expect(body.errors![0]!.extensions["issues"]).toEqual(
      messages.map((message) => ({ path: ["input", "publishAt"], message })),
    );
  expect(await read(ada, post.id)).toEqual(post);
});

test("reports problems of a schedule together with all others", async () => {
  const api = await startApi();
  const ada = await api.register();
  const { id } = await create(ada);
  const wrong = { title: " ", content: "", publishAt: "2020-01-01T00:00:00Z" };

  const answers = [await tryToCreatePost(ada, wrong), await update(ada, { id, ...wrong })];

  for (const { body } of answers)
    expect((body.errors![0]!.extensions["issues"] as any[]).map(({ path }) => path[1])).toEqual([
      "title",
      "content",
      "publishAt",
    ]);
});

test("refuses to schedule a published post, and publishAt together with published", async () => {
  const api = await startApi();
  const ada = await api.register();
  const post = await create(ada);
  const publishAt = "2026-11-22T10:00:00.000Z";

  for (const input of [{ publishAt }, { publishAt, published: true }, { publishAt: null, published: true }])
    expect((await update(ada, { id: post.id, ...input })).body.errors![0]!.extensions).toMatchObject({
      code: "BAD_USER_INPUT",
      issues: [{ path: ["input", "publishAt"] }],
    });
  expect(await read(ada, post.id)).toEqual(post);
});

test("refuses a change to an old version, and names the current one", async () => {
  const api = await startApi();
  const ada = await api.register();
  const { id } = await create(ada);

  const answers = await Promise.all(
    ["One", "Two", "Three"].map((title) => update(ada, { id, title, expectedVersion: 1 })),
  );

  const refusals = answers.filter(({ body }) => body.errors !== undefined);
  expect(refusals).toHaveLength(2);
  for (const { body, status } of refusals) {
    expect(status).toBe(200);
    expect(body.errors![0]).toMatchObject({
      message: "The post has changed since you read it",
      extensions: { code: "CONFLICT", currentVersion: 2 },
    });
  }
  expect(await read(ada, id)).toMatchObject({ version: 2 });
  expect((await update(ada, { id, title: "Four", expectedVersion: 2 })).body.data.updatePost.post.version).toBe(3);
  expect((await update(ada, { id, expectedVersion: null })).body.errors![0]!.extensions.code).toBe("BAD_USER_INPUT");
});

test("deletes a post for good", async () => {
  const api = await startApi();
  const ada = await api.register();
  const { id } = await create(ada);

  expect((await deletePost(ada, id)).body.data).toEqual({ deletePost: { deletedPostId: id } });

  expect(await read(ada, id)).toBeNull();
  expect((await deletePost(ada, id)).body.errors![0]!.extensions.code).toBe("NOT_FOUND");
});

test("pages through all posts, latest first, with exact ends", async () => {
  const api = await startApi();
  const ada = await api.register();
  for (const title of ["1", "2", "3", "4", "5"]) {
    await create(ada, { title });
    // Two share an instant, where the id breaks the tie.
    if (title !== "3") api.clock.advance(1000);
  }

  const first = await list(ada, "(first: 2)");
  expect(first).toMatchObject({
    titles: ["5", "4"],
    totalCount: 5,
    pageInfo: {
      hasNextPage: true,
      hasPreviousPage: false,
      startCursor: first.edges[0].cursor,
      endCursor: first.edges[1].cursor,
    },
  });
  const second = await list(ada, `(first: 2, after: "${first.pageInfo.endCursor}")`);
  expect(second).toMatchObject({ titles: ["3", "2"], pageInfo: { hasNextPage: true, hasPreviousPage: true } });
  const last = await list(ada, `(first: 2, after: "${second.pageInfo.endCursor}")`);
  expect(last).toMatchObject({ titles: ["1"], pageInfo: { hasNextPage: false, hasPreviousPage: true } });
  const beyond = await list(ada, `(first: 2, after: "${last.pageInfo.endCursor}")`);
  expect(beyond).toMatchObject({
    titles: [],
    totalCount: 5,
    pageInfo: { hasNextPage: false, hasPreviousPage: true, startCursor: null, endCursor: null },
  });
  expect(await list(ada, "(first: 0)")).toMatchObject({ titles: [], pageInfo: { hasNextPage: true } });
  expect((await list(ada, "(first: null)")).titles).toHaveLength(5);
});

test("loses and repeats nothing while others write between pages", async () => {
  const api = await startApi();
  const ada = await api.register();
  const posts = [];
  for (const title of ["1", "2", "3", "4"]) {
    posts.push(await create(ada, { title }));
    api.clock.advance(1000);
  }
  const first = await list(ada, "(first: 2)");

  await create(ada, { title: "new" });
  // The post that the cursor came from.
  await deletePost(ada, posts[2].id);

  const second = await list(ada, `(first: 2, after: "${first.pageInfo.endCursor}")`);
  expect(first.titles).toEqual(["4", "3"]);
  expect(second.titles).toEqual(["2", "1"]);
});

test("has no previous page if the posts before it are gone", async () => {
  const api = await startApi();
  const ada = await api.register();
  const posts = [];
  for (const title of ["1", "2", "3"]) {
    posts.push(await create(ada, { title }));
    api.clock.advance(1000);
  }
  const { pageInfo } = await list(ada, "(first: 1)");

  await deletePost(ada, posts[2].id);

  expect(await list(ada, `(first: 1, after: "${pageInfo.endCursor}")`)).toMatchObject({
    titles: ["2"],
    pageInfo: { hasNextPage: true, hasPreviousPage: false },
  });
});

test("returns 20 posts by default", async () => {
  const api = await startApi();
  const ada = await api.register();
  for (let index = 0; index < 21; index += 1) await create(ada);

  const page = await list(ada);
  expect(page.titles).toHaveLength(20);
  expect(page.totalCount).toBe(21);
});

const cursor = (content: unknown) => Buffer.from(JSON.stringify(content)).toString("base64url");

test.each([
  { args: "(first: -1)", paths: [["first"]] },
  { args: "(first: 101)", paths: [["first"]] },
  { args: `(first: 101, after: "")`, paths: [["first"], ["after"]] },
  { args: `(after: "nonsense")`, paths: [["after"]] },
  { args: `(after: "${cursor([2, "PUBLISHED_AT", 0, "post_01ARZ3NDEKTSV4RRFFQ69G5FAV"])}")`, paths: [["after"]] },
  { args: `(after: "${cursor([1, "TITLE", 0, "post_01ARZ3NDEKTSV4RRFFQ69G5FAV"])}")`, paths: [["after"]] },
  {
    args: `(after: "${cursor([1, "PUBLISHED_AT", 9e15, "post_01ARZ3NDEKTSV4RRFFQ69G5FAV"])}")`,
    paths: [["after"]],
  },
  {
    args: `(after: "${cursor([1, "PUBLISHED_AT", -9e15, "post_01ARZ3NDEKTSV4RRFFQ69G5FAV"])}")`,
    paths: [["after"]],
  },
  {
    args: `(after: "${cursor([1, "PUBLISHED_AT", { $gt: 0 }, "post_01ARZ3NDEKTSV4RRFFQ69G5FAV"])}")`,
    paths: [["after"]],
  },
  { args: `(after: "${cursor([1, "PUBLISHED_AT", 0, { $ne: "" }])}")`, paths: [["after"]] },
])("refuses the page $args", async ({ args, paths }) => {
  const api = await startApi();
  const ada = await api.register();

  const { status, body } = await ada.send(`{ posts${args} { nodes { id } } }`);

  expect(status).toBe(200);
  expect(body.errors![0]!.extensions.code).toBe("BAD_USER_INPUT");
  expect((body.errors![0]!.extensions["issues"] as any[]).map((issue) => issue.path)).toEqual(paths);
});

test.each([
  { of: "an empty title", input: { title: "" }, path: "title" },
  { of: "a title of spaces", input: { title: " \u3000\n" }, path: "title" },
  { of: "a title of 201 characters", input: { title: "🐿".repeat(201) }, path: "title" },
  { of: "a title with NUL", input: { title: "a\0b" }, path: "title" },
  { of: "no content", input: { content: "" }, path: "content" },
  { of: "content of 100,001 characters", input: { content: "x".repeat(100_001) }, path: "content" },
  { of: "content with half a pair", input: { content: "\udc00" }, path: "content" },
  { of: "a null for published", input: { published: null }, path: "published" },
])("refuses $of, when creating and when changing", async ({ input, path }) => {
  const api = await startApi();
  const ada = await api.register();
  const post = await create(ada);

  const answers = [await tryToCreatePost(ada, input), await update(ada, { id: post.id, ...input })];

  for (const { body } of answers) {
    expect(body.errors![0]!.extensions.code).toBe("BAD_USER_INPUT");
    expect(body.errors![0]!.extensions["issues"]).toEqual([{ path: ["input", path], message: expect.any(String) }]);
  }
  expect(await list(ada)).toMatchObject({ totalCount: 1 });
  expect(await read(ada, post.id)).toEqual(post);
});

test("refuses null for each field of a change, all at once", async () => {
  const api = await startApi();
  const ada = await api.register();
  const { id } = await create(ada);

  const { body } = await update(ada, { id, title: null, content: null, published: null });

  expect(body.errors![0]!.extensions["issues"]).toEqual([
    { path: ["input", "title"], message: "must be text" },
    { path: ["input", "content"], message: "must be text" },
    { path: ["input", "published"], message: "must be true or false" },
  ]);
});

test("stores 200 characters of title and 100,000 of content unchanged", async () => {
  const api = await startApi();
  const ada = await api.register();
  const title = "é🐿".repeat(100);
  const content = `${"🐿".repeat(50_000)}${"'\"\\?:;--$1\r\n\u2028".repeat(3571)}`.slice(0, 140_000);

  const { id } = await create(ada, { title, content });

  expect(await read(ada, id)).toMatchObject({ title, content });
});
