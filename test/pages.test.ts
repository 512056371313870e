import { existsSync } from "node:fs";

import { describe, expect, inject, onTestFinished, test } from "vitest";

import { connectDatabase, openDatabase } from "../src/database/database.js";
import { entities } from "../src/graphql/schema.js";
import type { TestAccount as Account } from "../src/testing/account.js";
import type { Answer } from "../src/testing/transport.js";
import { startApi, type Api } from "./support/api.js";
import { newDatabaseUrl } from "./support/database.js";
import { newFile } from "./support/files.js";
import { createPost, deletePost, updatePost, votePost } from "./support/posts.js";
import { rows } from "./support/rows.js";
import { countStatements } from "./support/statements.js";

/** The message that tells these issues, of which it has the first five. */
function messageOf(issues: readonly { path: readonly unknown[]; message: string }[]): string {
  const lines = issues.slice(0, 5).map(({ path, message }) => `${path.join(".")}: ${message}`);
  return lines.join("; ") + (issues.length > 5 ? ` and ${issues.length - 5} more` : "");
}

type Arguments = Record<string, unknown>;

const pageTypes = { first: "Int", after: "String", last: "Int", before: "String", orderBy: "PostOrder" };
const postsTypes = { ...pageTypes, offset: "Int", search: "String", filter: "PostFilter" };
const page = `totalCount nodes { id title } edges { cursor node { id title } }
  pageInfo { hasNextPage hasPreviousPage startCursor endCursor }`;

/** A field `posts` whose every argument is a variable: one that isn't given is absent. */
function queryOf(types: Record<string, string>, around: (field: string) => string): string {
  const names = Object.keys(types);
  const declared = names.map((name) => `$${name}: ${types[name]}`).join(", ");
  return `query (${declared}) { ${around(`posts(${names.map((name) => `${name}: $${name}`).join(", ")}) { ${page} }`)} }`;
}
const postsQuery = queryOf(postsTypes, (field) => field);
const userPostsQuery = (id: string) => queryOf(pageTypes, (field) => `node(id: "${id}") { ... on User { ${field} } }`);

const ask = (account: Pick<Account, "send">, variables: Arguments = {}) => account.send(postsQuery, { variables });

/** What is told of a page, once it is seen to agree with itself. */
function told({ body }: Answer) {
  expect(body.errors).toBeUndefined();
  const { nodes, edges, pageInfo, totalCount } = (body.data.node ?? body.data).posts;
  expect(edges.map((edge: any) => edge.node)).toEqual(nodes);
  expect(pageInfo).toMatchObject({
    startCursor: edges.at(0)?.cursor ?? null,
    endCursor: edges.at(-1)?.cursor ?? null,
  });
  return {
    titles: nodes.map((node: any) => node.title).join(" "),
    next: pageInfo.hasNextPage,
    previous: pageInfo.hasPreviousPage,
    totalCount,
  };
}

const list = async (account: Pick<Account, "send">, variables: Arguments = {}) => told(await ask(account, variables));
const titles = async (account: Pick<Account, "send">, variables: Arguments = {}) =>
  (await list(account, variables)).titles;

/** Posts a second apart, named by numbers, so that the latest has the highest. */
async function createMany(api: Api, account: Account, count: number): Promise<void> {
  for (let number = 1; number <= count; number += 1) {
    await createPost(account, { title: String(number) });
    api.clock.advance(1000);
  }
}

/** The cursors of a list by the titles of their posts. */
async function cursorsOf(account: Account, variables: Arguments = {}): Promise<Record<string, string>> {
  const { body } = await ask(account, { first: 100, ...variables });
  return Object.fromEntries(body.data.posts.edges.map(({ cursor, node }: any) => [node.title, cursor]));
}

/** Arguments of which `after` and `before` name posts of a list. */
const withCursors = (args: Arguments, cursors: Record<string, string>): Arguments => ({
  ...args,
  ...(typeof args["after"] === "string" && { after: cursors[args["after"]] }),
  ...(typeof args["before"] === "string" && { before: cursors[args["before"]] }),
});

const [both, neither] = [
  { next: true, previous: true },
  { next: false, previous: false },
];
const [onlyNext, onlyPrevious] = [
  { next: true, previous: false },
  { next: false, previous: true },
];

const windows: { args: Arguments; titles: string; next: boolean; previous: boolean }[] = [
  { args: {}, titles: "5 4 3 2 1", ...neither },
  { args: { first: null, last: null, after: null, before: null, orderBy: null }, titles: "5 4 3 2 1", ...neither },
  { args: { first: 100 }, titles: "5 4 3 2 1", ...neither },
  { args: { last: 100 }, titles: "5 4 3 2 1", ...neither },
  { args: { first: 5 }, titles: "5 4 3 2 1", ...neither },
  { args: { last: 5 }, titles: "5 4 3 2 1", ...neither },
  { args: { first: 2 }, titles: "5 4", ...onlyNext },
  { args: { first: 2, last: null }, titles: "5 4", ...onlyNext },
  { args: { last: 2 }, titles: "2 1", ...onlyPrevious },
  { args: { last: 2, first: null }, titles: "2 1", ...onlyPrevious },
  { args: { after: "3" }, titles: "2 1", ...onlyPrevious },
  { args: { before: "3" }, titles: "5 4", ...onlyNext },
  { args: { before: "3", after: null }, titles: "5 4", ...onlyNext },
  { args: { first: 1, after: "4" }, titles: "3", ...both },
  { args: { first: 2, after: "3" }, titles: "2 1", ...onlyPrevious },
  { args: { last: 1, before: "3" }, titles: "4", ...both },
  { args: { last: 2, before: "3" }, titles: "5 4", ...onlyNext },
  { args: { first: 1, before: "3" }, titles: "5", ...onlyNext },
  { args: { first: 3, before: "3" }, titles: "5 4", ...onlyNext },
  { args: { last: 1, after: "3" }, titles: "1", ...onlyPrevious },
  { args: { last: 3, after: "3" }, titles: "2 1", ...onlyPrevious },
  { args: { after: "5", before: "1" }, titles: "4 3 2", ...both },
  { args: { first: 2, after: "5", before: "1" }, titles: "4 3", ...both },
  { args: { last: 2, after: "5", before: "1" }, titles: "3 2", ...both },
  { args: { first: 0 }, titles: "", ...onlyNext },
  { args: { last: 0 }, titles: "", ...onlyPrevious },
  { args: { first: 0, after: "3" }, titles: "", ...both },
  { args: { last: 0, before: "3" }, titles: "", ...both },
  { args: { first: 0, after: "1" }, titles: "", ...onlyPrevious },
  { args: { last: 0, before: "5" }, titles: "", ...onlyNext },
  { args: { after: "1" }, titles: "", ...onlyPrevious },
  { args: { before: "5" }, titles: "", ...onlyNext },
  { args: { after: "4", before: "3" }, titles: "", ...both },
  { args: { after: "3", before: "3" }, titles: "", ...both },
  { args: { after: "2", before: "4" }, titles: "", ...both },
];

const skips: typeof windows = [
  { args: { offset: null }, titles: "5 4 3 2 1", ...neither },
  { args: { offset: 0 }, titles: "5 4 3 2 1", ...neither },
  { args: { offset: 2 }, titles: "3 2 1", ...onlyPrevious },
  { args: { offset: 2, first: 1 }, titles: "3", ...both },
  { args: { offset: 2, first: 0 }, titles: "", ...both },
  { args: { offset: 2, after: null, before: null, last: null }, titles: "3 2 1", ...onlyPrevious },
  { args: { offset: 5 }, titles: "", ...onlyPrevious },
  { args: { offset: 10_000 }, titles: "", ...onlyPrevious },
];

test("gives of a list the page that its arguments tell, and whether more lies before and after", async () => {
  const api = await startApi();
  const ada = await api.register();
  await createMany(api, ada, 5);
  const cursors = await cursorsOf(ada);

  for (const { args, ...expected } of [...windows, ...skips])
    expect({ args, ...(await list(ada, withCursors(args, cursors))) }).toEqual({ args, ...expected, totalCount: 5 });
});

test("gives of a user's posts the page that its arguments tell, whatever others have written", async () => {
  const api = await startApi();
  const [ada, bob] = [await api.register(), await api.register()];
  await createPost(bob, { title: "Bob's first" });
  await createMany(api, ada, 5);
  await createPost(bob, { title: "Bob's last" });
  const cursors = await cursorsOf(ada);

  for (const { args, ...expected } of windows) {
    const answer = await bob.send(userPostsQuery(ada.id), { variables: withCursors(args, cursors) });
    expect({ args, ...told(answer) }).toEqual({ args, ...expected, totalCount: 5 });
  }
});

test("knows nothing before and nothing after where there is nothing", async () => {
  const api = await startApi();
  const ada = await api.register();

  for (const args of [{}, { first: 0 }, { last: 0 }, { last: 1 }, { offset: 1 }, { orderBy: byTitle }])
    expect(await list(ada, args)).toEqual({ titles: "", ...neither, totalCount: 0 });
});

test("gives 20 posts where no number is asked for: the last where only what precedes a cursor is", async () => {
  const api = await startApi();
  const ada = await api.register();
  await createMany(api, ada, 23);
  const cursors = await cursorsOf(ada);
  const downFrom = (from: number) => Array.from({ length: 20 }, (_, index) => from - index).join(" ");

  for (const { args, expected } of [
    { args: {}, expected: { titles: downFrom(23), ...onlyNext } },
    { args: { after: cursors["23"] }, expected: { titles: downFrom(22), ...both } },
    { args: { before: cursors["1"] }, expected: { titles: downFrom(21), ...both } },
    { args: { after: cursors["23"], before: cursors["1"] }, expected: { titles: downFrom(22), ...both } },
    { args: { offset: 2 }, expected: { titles: downFrom(21), ...both } },
  ])
    expect(await list(ada, args)).toEqual({ ...expected, totalCount: 23 });
});

const byTitle = { field: "TITLE", direction: "ASC" };

test("orders by each field both ways", async () => {
  const api = await startApi();
  const [ada, bob] = [await api.register(), await api.register()];
  const echo = await createPost(ada, { title: "écho", published: false });
  api.clock.advance(1000);
  const delta = await createPost(ada, { title: "Delta" });
  api.clock.advance(1000);
  const fox = await createPost(ada, { title: "FOX" });
  api.clock.advance(1000);
  const change = (input: Arguments) => updatePost(ada, input);
  await change({ id: delta, content: "Changed" });
  api.clock.advance(1000);
  await change({ id: fox, published: false });
  await votePost(ada, delta);
  await votePost(bob, delta);
  await votePost(ada, echo);

  for (const { field, rising } of [
    // A draft stands where it was created.
    { field: "PUBLISHED_AT", rising: ["écho", "Delta", "FOX"] },
    { field: "CREATED_AT", rising: ["écho", "Delta", "FOX"] },
    { field: "UPDATED_AT", rising: ["écho", "Delta", "FOX"] },
    { field: "TITLE", rising: ["Delta", "écho", "FOX"] },
    { field: "VOTE_COUNT", rising: ["FOX", "écho", "Delta"] },
  ]) {
    expect([field, await titles(ada, { orderBy: { field, direction: "ASC" } })]).toEqual([field, rising.join(" ")]);
    const falling = rising.toReversed().join(" ");
    expect([field, await titles(ada, { orderBy: { field, direction: "DESC" } })]).toEqual([field, falling]);
  }

  await change({ id: echo, published: true });
  expect(await titles(ada)).toBe("écho FOX Delta");
  expect(await titles(ada, { orderBy: { field: "CREATED_AT", direction: "DESC" } })).toBe("FOX Delta écho");
});

test("breaks ties by id, in the direction of the order", async () => {
  const api = await startApi();
  const ada = await api.register();
  const ids = [await createPost(ada), await createPost(ada), await createPost(ada)].toSorted();

  for (const field of ["PUBLISHED_AT", "CREATED_AT", "UPDATED_AT", "TITLE", "VOTE_COUNT"])
    for (const [direction, expected] of [
      ["ASC", ids],
      ["DESC", ids.toReversed()],
    ]) {
      const { body } = await ask(ada, { orderBy: { field, direction } });
      expect(body.data.posts.nodes.map(({ id }: any) => id)).toEqual(expected);
    }
});

describe("a filter", () => {
  async function shelf() {
    const api = await startApi({ ACCESS_TOKEN_TTL: "24h" });
    const [ada, bob] = [await api.register("Ada"), await api.register("Bob")];
    for (const account of [ada, bob]) {
      await createPost(account, { title: `${account.name}-published` });
      api.clock.advance(1000);
      await createPost(account, { title: `${account.name}-draft`, published: false });
      api.clock.advance(1000);
      await createPost(account, { title: `${account.name}-scheduled`, publishAt: "2026-11-22T12:00:00.000Z" });
      api.clock.advance(1000);
    }
    return { api, ada, bob, by: (filter: unknown) => list(ada, { filter, orderBy: byTitle }) };
  }

  test("leaves what meets all of it, among what the viewer may see", async () => {
    const { ada, bob, by } = await shelf();
    const seen = "Ada-draft Ada-published Ada-scheduled Bob-published";

    for (const { filter, found } of [
      { filter: null, found: seen },
      { filter: {}, found: seen },
      { filter: { status: null, authorId: null, createdAfter: null, createdBefore: null }, found: seen },
      { filter: { status: "DRAFT" }, found: "Ada-draft" },
      { filter: { status: "SCHEDULED" }, found: "Ada-scheduled" },
      { filter: { status: "PUBLISHED" }, found: "Ada-published Bob-published" },
      { filter: { authorId: ada.id }, found: "Ada-draft Ada-published Ada-scheduled" },
      { filter: { authorId: bob.id }, found: "Bob-published" },
      { filter: { authorId: bob.id, status: "DRAFT" }, found: "" },
      { filter: { authorId: bob.id, status: "SCHEDULED" }, found: "" },
      { filter: { authorId: bob.id.toLowerCase() }, found: "" },
      { filter: { authorId: "user_01ARZ3NDEKTSV4RRFFQ69G5FAV" }, found: "" },
      { filter: { createdAfter: "2026-11-22T09:00:00.417Z" }, found: "Ada-draft Ada-scheduled Bob-published" },
      { filter: { createdAfter: "2026-11-22T09:00:00.416Z" }, found: seen },
      { filter: { createdBefore: "2026-11-22T09:00:01.417Z" }, found: "Ada-published" },
      { filter: { createdBefore: "2026-11-22T09:00:01.418Z" }, found: "Ada-draft Ada-published" },
      {
        filter: { createdAfter: "2026-11-22T09:00:00.417Z", createdBefore: "2026-11-22T09:00:02.417Z" },
        found: "Ada-draft",
      },
      { filter: { createdAfter: "2026-11-22T10:00:00Z", createdBefore: "2026-11-22T08:00:00Z" }, found: "" },
      { filter: { createdAfter: "0001-01-01T00:00:00Z", createdBefore: "9999-12-31T23:59:59.999Z" }, found: seen },
    ])
      expect({ filter, ...(await by(filter)) }).toEqual({
        filter,
        titles: found,
        ...neither,
        totalCount: found === "" ? 0 : found.split(" ").length,
      });
  });

  test("takes a scheduled post for a published one from its instant on", async () => {
    const { api, bob, by } = await shelf();

    api.clock.set(new Date("2026-11-22T11:59:59.999Z"));
    expect((await by({ status: "PUBLISHED" })).titles).toBe("Ada-published Bob-published");
    expect((await by({ status: "SCHEDULED" })).titles).toBe("Ada-scheduled");
    api.clock.advance(1);
    expect((await by({ status: "SCHEDULED" })).titles).toBe("");
    expect((await by({ status: "PUBLISHED" })).titles).toBe("Ada-published Ada-scheduled Bob-published Bob-scheduled");
    expect(await titles(bob, { filter: { status: "DRAFT" } })).toBe("Bob-draft");
  });

  test("finds callers without an account no draft and no schedule", async () => {
    const api = await startApi({ PUBLIC_READS: "true" });
    const ada = await api.register();
    await createPost(ada, { title: "Draft", published: false });
    await createPost(ada, { title: "Scheduled", publishAt: "2026-11-22T12:00:00.000Z" });
    await createPost(ada, { title: "Published" });

    for (const { filter, found } of [
      { filter: {}, found: "Published" },
      { filter: { authorId: ada.id }, found: "Published" },
      { filter: { status: "DRAFT" }, found: "" },
      { filter: { status: "SCHEDULED", authorId: ada.id }, found: "" },
    ])
      expect(await list(api, { filter })).toMatchObject({ titles: found, totalCount: found === "" ? 0 : 1 });
  });
});

test("shows of a user's posts to others what is published, and all to the user", async () => {
  const api = await startApi();
  const [ada, bob] = [await api.register(), await api.register()];
  await createPost(ada, { title: "Draft", published: false });
  await createPost(ada, { title: "Scheduled", publishAt: "2026-11-22T12:00:00.000Z" });
  await createPost(ada, { title: "Published" });

  const orderBy = byTitle;
  expect(told(await bob.send(userPostsQuery(ada.id), { variables: { orderBy } }))).toMatchObject({
    titles: "Published",
    totalCount: 1,
  });
  expect(told(await ada.send(userPostsQuery(ada.id), { variables: { orderBy } }))).toMatchObject({
    titles: "Draft Published Scheduled",
    totalCount: 3,
  });
});

test("reads the posts of a page's authors in as few statements as those of one author", async () => {
  const api = await startApi();
  const accounts = [await api.register(), await api.register(), await api.register()];
  for (const account of accounts) {
    await createPost(account, { title: `First of ${account.name}` });
    await createPost(account, { title: `Second of ${account.name}` });
  }
  const statements = countStatements();
  const counted = async (first: number) => {
    const before = statements().length;
    const { body } = await accounts[0]!.send(
      `{ posts(first: ${first}, orderBy: { field: TITLE, direction: ASC }) { totalCount nodes {
        author { name posts(last: 1, orderBy: { field: TITLE, direction: ASC }) { totalCount nodes { title } } } } } }`,
    );
    return { body, count: statements().length - before };
  };

  const [one, three] = [await counted(1), await counted(3)];

  expect(three.body).toEqual({
    data: {
      posts: {
        totalCount: 6,
        nodes: accounts.map(({ name }) => ({
          author: { name, posts: { totalCount: 2, nodes: [{ title: `Second of ${name}` }] } },
        })),
      },
    },
  });
  expect(three.count).toBe(one.count);
});

test("answers an operation with more lists than a statement could hold, where the limits are that wide", async () => {
  const api = await startApi({ MAX_ALIASES: "1000", MAX_TOKENS: "100000", MAX_COST: "1000000" });
  const ada = await api.register();
  await createPost(ada);
  const lists = Array.from({ length: 600 }, (_, offset) => `a${offset}: posts(offset: ${offset}) { nodes { title } }`);

  const { status, body } = await ada.send(`{ ${lists.join(" ")} }`);

  expect(status).toBe(200);
  expect(Object.keys(body.data)).toHaveLength(600);
  expect(body.data.a0.nodes).toEqual([{ title: "Title" }]);
  expect(body.data.a599.nodes).toEqual([]);
});

const offsetMessage = "must not be set together with a cursor or last";
const cursorMessage = "must be a cursor from a list in this order";

const refusals: { args: Arguments; issues: { path: string[]; message: string }[] }[] = [
  ...[-1, 101, 2_147_483_647, -2_147_483_648].flatMap((number) => [
    { args: { first: number }, issues: [{ path: ["first"], message: "must be 0 to 100" }] },
    { args: { last: number }, issues: [{ path: ["last"], message: "must be 0 to 100" }] },
  ]),
  ...[-1, 10_001].map((offset) => ({
    args: { offset },
    issues: [{ path: ["offset"], message: "must be 0 to 10,000" }],
  })),
  { args: { first: 1, last: 1 }, issues: [{ path: ["last"], message: "must not be set together with first" }] },
  { args: { first: 0, last: 0 }, issues: [{ path: ["last"], message: "must not be set together with first" }] },
  { args: { offset: 0, last: 1 }, issues: [{ path: ["offset"], message: offsetMessage }] },
  { args: { offset: 1, after: "1" }, issues: [{ path: ["offset"], message: offsetMessage }] },
  { args: { offset: 0, before: "1" }, issues: [{ path: ["offset"], message: offsetMessage }] },
  { args: { after: "" }, issues: [{ path: ["after"], message: cursorMessage }] },
  { args: { before: "" }, issues: [{ path: ["before"], message: cursorMessage }] },
  { args: { search: "x".repeat(201) }, issues: [{ path: ["search"], message: "must have 0 to 200 characters" }] },
  {
    args: { filter: { authorId: "user_\0" } },
    issues: [{ path: ["filter", "authorId"], message: "must not contain NUL or lone surrogates" }],
  },
  {
    args: {
      first: 101,
      last: -1,
      offset: -1,
      after: "",
      before: "",
      search: "\0",
      filter: { authorId: "\ud800" },
    },
    issues: [
      { path: ["first"], message: "must be 0 to 100" },
      { path: ["last"], message: "must be 0 to 100" },
      { path: ["offset"], message: "must be 0 to 10,000" },
      { path: ["search"], message: "must not contain NUL or lone surrogates" },
      { path: ["filter", "authorId"], message: "must not contain NUL or lone surrogates" },
      { path: ["last"], message: "must not be set together with first" },
      { path: ["offset"], message: offsetMessage },
      { path: ["after"], message: cursorMessage },
      { path: ["before"], message: cursorMessage },
    ],
  },
];

test("refuses arguments that break a rule, telling all that is wrong", async () => {
  const api = await startApi();
  const ada = await api.register();
  await createPost(ada, { title: "1" });
  const cursors = { "": "", ...(await cursorsOf(ada)) };

  for (const { args, issues } of refusals) {
    const { status, body } = await ask(ada, withCursors(args, cursors));
    expect({ args, status, body }).toEqual({
      args,
      status: 200,
      body: {
        data: null,
        errors: [
          {
            message: messageOf(issues),
            locations: expect.any(Array),
            path: ["posts"],
            extensions: { code: "BAD_USER_INPUT", issues },
          },
        ],
      },
    });
  }
});

test("refuses the same of a user's posts", async () => {
  const api = await startApi();
  const ada = await api.register();

  const { status, body } = await ada.send(`{ me { one: posts(first: 101, last: 1, after: "") { totalCount } } }`);

  // Their user was answered.
  expect(status).toBe(294);
  expect(body.errors).toHaveLength(1);
  expect(body.errors![0]).toMatchObject({
    path: ["me", "one"],
    extensions: {
      code: "BAD_USER_INPUT",
      issues: [
        { path: ["first"], message: "must be 0 to 100" },
        { path: ["last"], message: "must not be set together with first" },
        { path: ["after"], message: cursorMessage },
      ],
    },
  });
});

test.each<{ of: string; variables: Arguments; issues: { path: (string | number)[]; message: string }[] }>([
  {
    of: "operators for an author's id",
    variables: { filter: { authorId: { $ne: null } } },
    issues: [{ path: ["filter", "authorId"], message: "must be of type ID" }],
  },
  {
    of: "a list for an author's id",
    variables: { filter: { authorId: ["user_x"] } },
    issues: [{ path: ["filter", "authorId"], message: "must be of type ID" }],
  },
  {
    of: "an operator for a cursor, a number and a filter",
    variables: { after: { $gt: "" }, first: { $gt: 0 }, filter: "status = 'DRAFT'" },
    issues: [
      { path: ["first"], message: "must be of type Int" },
      { path: ["after"], message: "must be of type String" },
      { path: ["filter"], message: "must be of type PostFilter" },
    ],
  },
  {
    of: "fields that every object has",
    variables: { filter: { constructor: 1, toString: 1 }, orderBy: { field: "constructor", direction: "toString" } },
    issues: [
      { path: ["orderBy", "field"], message: "must be of type PostOrderField" },
      { path: ["orderBy", "direction"], message: "must be of type OrderDirection" },
      { path: ["filter", "constructor"], message: "is no field of PostFilter" },
      { path: ["filter", "toString"], message: "is no field of PostFilter" },
    ],
  },
  {
    of: "an order that is none of the clients'",
    variables: { orderBy: { field: "MATCH", direction: "desc" } },
    issues: [
      { path: ["orderBy", "field"], message: "must be of type PostOrderField" },
      { path: ["orderBy", "direction"], message: "must be of type OrderDirection" },
    ],
  },
  {
    of: "half an order, and dates that are none",
    variables: { orderBy: { field: "TITLE" }, filter: { createdAfter: 0, createdBefore: "2026-02-30T00:00:00Z" } },
    issues: [
      { path: ["orderBy", "direction"], message: "needs a value of type OrderDirection!" },
      { path: ["filter", "createdAfter"], message: "must be of type DateTime" },
      { path: ["filter", "createdBefore"], message: "must be of type DateTime" },
    ],
  },
])("refuses $of", async ({ variables, issues }) => {
  const api = await startApi();
  const ada = await api.register();

  const { status, body } = await ask(ada, variables);

  expect(status).toBe(422);
  expect(body).toEqual({
    errors: [{ message: messageOf(issues), extensions: { code: "BAD_USER_INPUT", issues } }],
  });
});

test("takes whatever text for an author's id as a text", async () => {
  const api = await startApi();
  const ada = await api.register();
  await createPost(ada);

  for (const authorId of ["", "' or 1 = 1 --", '"', "\\", '"] union select 1', "\u2028\u0001", "?", "%", "null", 0])
    expect(await list(ada, { filter: { authorId } })).toEqual({ titles: "", ...neither, totalCount: 0 });
});

describe("a cursor", () => {
  const id = "post_01ARZ3NDEKTSV4RRFFQ69G5FAV";
  const encoded = (content: unknown) => Buffer.from(JSON.stringify(content)).toString("base64url");

  const forged: { of: string; cursor: string; search?: string; orderBy?: unknown }[] = [
    { of: "another field's order", cursor: encoded([1, "CREATED_AT", "DESC", 0, id]) },
    { of: "the other direction", cursor: encoded([1, "PUBLISHED_AT", "ASC", 0, id]) },
    { of: "another version", cursor: encoded([2, "PUBLISHED_AT", "DESC", 0, id]) },
    { of: "a version in text", cursor: encoded(["1", "PUBLISHED_AT", "DESC", 0, id]) },
    { of: "no version", cursor: encoded(["PUBLISHED_AT", "DESC", 0, id]) },
    { of: "a text for a date", cursor: encoded([1, "PUBLISHED_AT", "DESC", "0", id]) },
    { of: "half a millisecond", cursor: encoded([1, "PUBLISHED_AT", "DESC", 0.5, id]) },
    { of: "a number past all whole ones", cursor: encoded([1, "PUBLISHED_AT", "DESC", 2 ** 53, id]) },
    { of: "no key", cursor: encoded([1, "PUBLISHED_AT", "DESC", null, id]) },
    { of: "an operator for a key", cursor: encoded([1, "PUBLISHED_AT", "DESC", { $gt: 0 }, id]) },
    { of: "a list for a key", cursor: encoded([1, "PUBLISHED_AT", "DESC", [0], id]) },
    { of: "a user's id", cursor: encoded([1, "PUBLISHED_AT", "DESC", 0, id.replace("post", "user")]) },
    { of: "an id that is none", cursor: encoded([1, "PUBLISHED_AT", "DESC", 0, "post_1"]) },
    { of: "an id with more behind it", cursor: encoded([1, "PUBLISHED_AT", "DESC", 0, `${id}~`]) },
    { of: "an operator for an id", cursor: encoded([1, "PUBLISHED_AT", "DESC", 0, { $ne: "" }]) },
    { of: "a list for an id", cursor: encoded([1, "PUBLISHED_AT", "DESC", 0, [id]]) },
    { of: "one value more", cursor: encoded([1, "PUBLISHED_AT", "DESC", 0, id, 0]) },
    { of: "one value less", cursor: encoded([1, "PUBLISHED_AT", "DESC", 0]) },
    { of: "an object", cursor: encoded({ 0: 1, 1: "PUBLISHED_AT", 2: "DESC", 3: 0, 4: id, length: 5 }) },
    {
      of: "a prototype",
      cursor: Buffer.from(`{"__proto__":[1,"PUBLISHED_AT","DESC",0,"${id}"]}`).toString("base64url"),
    },
    { of: "null", cursor: encoded(null) },
    { of: "JSON that isn't encoded", cursor: JSON.stringify([1, "PUBLISHED_AT", "DESC", 0, id]) },
    { of: "half of itself", cursor: encoded([1, "PUBLISHED_AT", "DESC", 0, id]).slice(0, 40) },
    { of: "a million characters", cursor: "A".repeat(1_000_000) },
    { of: "a post's id", cursor: id },
    { of: "NUL", cursor: "\0" },
    { of: "half a pair", cursor: "\ud800" },
    { of: "a title with NUL", orderBy: byTitle, cursor: encoded([1, "TITLE", "ASC", "\0", id]) },
    { of: "a title with half a pair", orderBy: byTitle, cursor: encoded([1, "TITLE", "ASC", "\ud800", id]) },
    { of: "a number for a title", orderBy: byTitle, cursor: encoded([1, "TITLE", "ASC", 0, id]) },
    { of: "how well posts match no search", cursor: encoded([1, "MATCH", "DESC", 7, id]) },
    { of: "a date in place of a match", search: "word", cursor: encoded([1, "PUBLISHED_AT", "DESC", 0, id]) },
    { of: "a text for a match", search: "word", cursor: encoded([1, "MATCH", "DESC", "7", id]) },
  ];

  test("is refused where it is forged or of another list, as after and before alike", async () => {
    const api = await startApi();
    const ada = await api.register();

    for (const { of, cursor, ...rest } of forged)
      for (const name of ["after", "before"]) {
        const { status, body } = await ask(ada, { ...rest, [name]: cursor });
        expect({ of, status, body }).toEqual({
          of,
          status: 200,
          body: {
            data: null,
            errors: [
              {
                message: `${name}: ${cursorMessage}`,
                locations: expect.any(Array),
                path: ["posts"],
                extensions: { code: "BAD_USER_INPUT", issues: [{ path: [name], message: cursorMessage }] },
              },
            ],
          },
        });
      }
  });

  test("is a place in the list, whether or not there was ever a post", async () => {
    const api = await startApi();
    const ada = await api.register();
    await createMany(api, ada, 2);
    const second = Date.parse("2026-11-22T09:00:01.417Z");

    for (const { key, after, before } of [
      { key: second + 1, after: "2 1", before: "" },
      { key: second - 1, after: "1", before: "2" },
      { key: 0, after: "", before: "2 1" },
      { key: -1, after: "", before: "2 1" },
      { key: Number.MAX_SAFE_INTEGER, after: "2 1", before: "" },
      // Ids of any post made in this century come after this one.
      { key: second, after: "1", before: "2" },
    ]) {
      const cursor = encoded([1, "PUBLISHED_AT", "DESC", key, "post_00000000000000000000000000"]);
      expect([key, await titles(ada, { after: cursor })]).toEqual([key, after]);
      expect([key, await titles(ada, { before: cursor })]).toEqual([key, before]);
    }
  });

  test("may hold a title of any length", async () => {
    const api = await startApi();
    const ada = await api.register();
    await createPost(ada, { title: "x" });
    const cursor = encoded([1, "TITLE", "ASC", "x".repeat(500_000), id]);

    expect(await titles(ada, { orderBy: byTitle, before: cursor })).toBe("x");
    expect(await titles(ada, { orderBy: byTitle, after: cursor })).toBe("");
  });

  test("holds for other filters, searches and viewers in the same order", async () => {
    const api = await startApi();
    const [ada, bob] = [await api.register(), await api.register()];
    await createMany(api, ada, 3);
    await createPost(bob, { title: "4" });
    await createPost(ada, { title: "draft", published: false });
    const { 3: after, draft } = await cursorsOf(ada);
    const latestFirst = { field: "PUBLISHED_AT", direction: "DESC" };

    expect(await titles(bob, { after })).toBe("2 1");
    expect(await titles(bob, { after: draft })).toBe("4 3 2 1");
    expect(await titles(bob, { after, filter: { authorId: ada.id } })).toBe("2 1");
    expect(await titles(bob, { before: after, filter: { authorId: bob.id } })).toBe("4");
    expect(await titles(bob, { after, orderBy: latestFirst })).toBe("2 1");
    expect(await titles(bob, { after, orderBy: latestFirst, search: "content" })).toBe("2 1");
    expect(told(await bob.send(userPostsQuery(ada.id), { variables: { after } })).titles).toBe("2 1");
  });

  test("pages through what matches a search, both ways", async () => {
    const api = await startApi();
    const ada = await api.register();
    for (const title of ["word", "other", "wordy", "words and word"]) {
      await createPost(ada, { title, content: title === "other" ? "word" : "Content" });
      api.clock.advance(1000);
    }
    const search = "word";
    const all = (await ask(ada, { search })).body.data.posts.edges;
    expect(all).toHaveLength(4);

    for (const [index, { cursor }] of all.entries()) {
      const [after, before] = [await ask(ada, { search, after: cursor }), await ask(ada, { search, before: cursor })];
      expect(after.body.data.posts.edges).toEqual(all.slice(index + 1));
      expect(before.body.data.posts.edges).toEqual(all.slice(0, index));
      expect(told(after)).toMatchObject({ next: false, previous: true, totalCount: 4 });
      expect(told(before)).toMatchObject({ next: true, previous: false, totalCount: 4 });
    }
  });
});

describe("in a file or on a server", () => {
  test("sees a post in the list as soon as it is created, changed and deleted", async () => {
    const api = await startApi({ DATABASE_URL: await newDatabaseUrl() });
    const ada = await api.register();

    for (let turn = 0; turn < 20; turn += 1) {
      const id = await createPost(ada, { title: "One" });
      expect(await list(ada)).toMatchObject({ titles: "One", totalCount: 1 });
      await updatePost(ada, { id, title: "Two" });
      expect(await list(ada)).toMatchObject({ titles: "Two", totalCount: 1 });
      await deletePost(ada, id);
      expect(await list(ada)).toMatchObject({ titles: "", totalCount: 0 });
    }
  });

  test("shows everybody their own writes while many read and write at once", async () => {
    const api = await startApi({ DATABASE_URL: await newDatabaseUrl() });
    const ada = await api.register();
    const numbers = Array.from({ length: 50 }, (_, index) => String(index));

    await Promise.all(
      numbers.map(async (title) => {
        await createPost(ada, { title });
        expect((await titles(ada, { first: 100 })).split(" ")).toContain(title);
      }),
    );

    const end = await list(ada, { first: 100 });
    expect(end.titles.split(" ").toSorted()).toEqual(numbers.toSorted());
    expect(end.totalCount).toBe(50);
  });

  test("sees what another process has committed, and waits for none that is still writing", async () => {
    const url = await newDatabaseUrl();
    const [one, two] = [await startApi({ DATABASE_URL: url }), await startApi({ DATABASE_URL: url })];
    const ada = await one.register();
    const onTwo = { send: (query: string, options = {}) => two.send(query, { token: ada.token, ...options }) };
    await createPost(ada, { title: "One" });
    expect(await titles(onTwo)).toBe("One");

    const database = await openDatabase(url, entities);
    await database.em.transactional(async (em) => {
      await em.execute("update posts set title = 'Two'");
      expect(await titles(ada)).toBe("One");
      expect(await titles(onTwo)).toBe("One");
    });
    await database.close(true);

    expect(await titles(ada)).toBe("Two");
    expect(await titles(onTwo)).toBe("Two");
  });

  test("answers lists of more kinds than statements are kept of, again and again", async () => {
    const api = await startApi({ DATABASE_URL: await newDatabaseUrl() });
    const ada = await api.register();
    await createPost(ada, { title: "One" });
    const kinds = ["PUBLISHED_AT", "CREATED_AT", "UPDATED_AT", "TITLE", "VOTE_COUNT"].flatMap((field) =>
      ["ASC", "DESC"].flatMap((direction) =>
        [{}, { status: "PUBLISHED" }, { authorId: ada.id }].flatMap((filter) =>
          [{ first: 1 }, { last: 1 }, { offset: 0 }, { search: "one" }].map((args) => ({
            ...args,
            filter,
            orderBy: { field, direction },
          })),
        ),
      ),
    );

    for (let turn = 0; turn < 2; turn += 1)
      for (const answer of await Promise.all(kinds.map((kind) => list(ada, kind))))
        expect(answer).toEqual({ titles: "One", ...neither, totalCount: 1 });
  });

  // A connection of its own asks, which PostgreSQL counts too.
  test.runIf(inject("database") === "postgresql")("leaves no connection open when it stops", async () => {
    const api = await startApi({ DATABASE_URL: await newDatabaseUrl() });
    const ada = await api.register();
    await createPost(ada);
    await Promise.all([list(ada), list(ada), list(ada)]);
    const asking = await connectDatabase(api.server.database.url, entities);
    onTestFinished(() => asking.close(true));
    const connections = () =>
      rows(
        asking,
        `select pid from pg_stat_activity where datname = current_database() and application_name = 'postern'`,
      );
    expect((await connections()).length).toBeGreaterThan(3);

    await api.server.stop();

    expect(await connections()).toHaveLength(1);
  });

  test.runIf(inject("database") === "sqlite")("leaves no file open when it stops", async () => {
    const file = newFile();
    const api = await startApi({ DATABASE_URL: `sqlite:${file}` });
    const ada = await api.register();
    await createPost(ada);
    await Promise.all([list(ada), list(ada), list(ada)]);
    expect(existsSync(`${file}-wal`)).toBe(true);

    await api.server.stop();

    // Whoever closes last takes the log away.
    expect(existsSync(`${file}-wal`)).toBe(false);
    expect(existsSync(`${file}-shm`)).toBe(false);
    // As a second signal would have it.
    await api.server.stop();
  });
});
