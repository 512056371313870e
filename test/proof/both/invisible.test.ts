import { isDeepStrictEqual } from "node:util";

import { extendSchema, parse } from "graphql";
import { describe, expect, inject, test } from "vitest";

import { cursorOf } from "../../../src/kit/paging/cursor.js";
import { OrderDirection } from "../../../src/kit/paging/page-request.js";
import { bestMatchFirst, latestFirst, PostOrderField, type ListOrder } from "../../../src/features/post/list/order.js";
import { makeSchema } from "../../../src/graphql/schema.js";
import type { TestAccount as Account } from "../../../src/testing/account.js";
import { startApi, type Api } from "../../support/api.js";
import { newFileUrl } from "../../support/files.js";
import { jsonOf, openSocket } from "../../support/live.js";
import { copyRows } from "../../support/postgres.js";
import { createPost, deletePost, updatePost, votePost } from "../../support/posts.js";
import { copyPost, rows } from "../../support/rows.js";
import { countStatements } from "../../support/statements.js";
import { comparable } from "../../../src/testing/invisible/answers.js";
import {
  leadingFields,
  nameOf,
  operationsOf,
  waysTo,
  type Arguments,
  type Operation,
} from "../../../src/testing/invisible/walk.js";

type Row = {
  readonly id: string;
  readonly title: string;
  readonly title_key: string;
  readonly content: string;
  readonly listed_at: number;
  readonly created_at: number;
  readonly updated_at: number;
  readonly vote_count: number;
};
/** A caller, with the account that it can sign in to; without a token it sends no credential. */
type Runner = { readonly account: Account; readonly token: string | undefined; readonly ownPost: string };

const isPostgres = inject("database") === "postgresql";
const missing = "post_01ARZ3NDEKTSV4RRFFQ69G5FAV";
const execute = (api: Api, statement: string, values: (string | number)[] = []) =>
  rows(api.server.database, statement, values);

// Hidden posts are first and last in every order, and some stand at the very instant of a visible one. These words
// occur in those alone that Bob can't see.
const hiddenWords = ["hushed", "murmur"];
const later = "2026-11-23T09:00:00.000Z";

/** Posts of several people, and the rows of those that are hidden from Bob, or from callers without an account. */
async function makeWorld(from: "other" | "nobody") {
  const api = await startApi({ PUBLIC_READS: "true" });
  const ada = await api.register("Ada");
  const bob = await api.register("Bob");
  const cat = await api.register("Cat");
  const dora = await api.register("Dora");
  const post = (account: Account, title: string, content: string, input: Record<string, unknown> = {}) => {
    api.clock.advance(1000);
    return createPost(account, { title, content, ...input });
  };
  const draft = { published: false };
  const scheduled = { publishAt: later };

  await post(ada, "Aardvark hushed", "murmur river river river lantern", draft);
  const shown = await post(ada, "Cedar bridge", "river stone lantern");
  await createPost(cat, { title: "Cedar bridge", content: "hushed river", ...draft });
  const ofBob = await post(bob, "Delta river", "lantern");
  await createPost(ada, { title: "Delta river", content: "murmur lantern", ...draft });
  await post(bob, "Ebony sketch", "river lantern oak", draft);
  await post(ada, "Maple hushed", "river river lantern", scheduled);
  await post(bob, "Fern sketch", "lantern", scheduled);
  await post(ada, "Walnut lantern", "lantern stone river riverbed");
  const withdrawn = await post(ada, "Quartz hushed", "murmur river");
  const postponed = await post(ada, "Onyx hushed", "lantern murmur");
  const popular = await post(ada, "Poplar lantern river", "stone");
  await post(cat, "Zzz hushed", "lantern lantern", scheduled);
  await votePost(bob, popular);
  await votePost(ada, ofBob);
  for (const voter of [ada, bob, cat]) for (const id of [withdrawn, postponed]) await votePost(voter, id);
  for (const id of [withdrawn, postponed]) await updatePost(ada, { id, published: false });
  await updatePost(ada, { id: postponed, publishAt: later });
  await post(ada, "Zulu hushed", "murmur", draft);

  const hidden = (await execute(
    api,
    "select * from posts where author_id != ? and (published_at is null or published_at > ?) order by id",
    [from === "other" ? bob.id : "", api.clock().getTime()],
  )) as Row[];
  expect(hidden).toHaveLength(from === "other" ? 8 : 10);
  const copiedFile = async () => {
    const url = newFileUrl();
    await execute(api, "vacuum into ?", [url.slice("sqlite:".length)]);
    return url;
  };
  /** Another server on a copy of all this, at the same instant. */
  const copy = async () => {
    const other = await startApi({
      PUBLIC_READS: "true",
      MAX_SUBSCRIPTIONS: "1000",
      MAX_MESSAGES_PER_SECOND: "1000",
      ...(!isPostgres && { DATABASE_URL: await copiedFile() }),
    });
    other.clock.set(api.clock());
    if (isPostgres) await copyRows(api.server.database, other.server.database);
    else await execute(other, "pragma synchronous = off");
    expect(await everyRow(other)).toEqual(await everyRow(api));
    return other;
  };
  const runners = {
    victim: { account: ada, token: ada.token, ownPost: shown },
    other: { account: bob, token: bob.token, ownPost: ofBob },
    nobody: { account: dora, token: undefined, ownPost: shown },
  } satisfies Record<string, Runner>;
  const ids = await execute(api, "select id from posts union all select id from users");
  return { api, ada, cat, hidden, shown, copy, runners, known: new Set(ids.map(({ id }): string => id)) };
}
const everyRow = async (api: Api) => [
  await execute(api, "select * from posts order by id"),
  await execute(api, "select * from votes order by 1, 2"),
];
type World = Awaited<ReturnType<typeof makeWorld>>;

/** A world with hidden posts, of these ids, and the same without them. */
async function makeTwoWorlds(name: "other" | "nobody") {
  const world = await makeWorld(name);
  const ids = world.hidden.map(({ id }) => id);
  const [present, absent] = [await world.copy(), await world.copy()];
  await execute(absent, `delete from posts where id in (${ids.map(() => "?").join()})`, ids);
  return { world, runner: world.runners[name], ids, present, absent };
}

const keyOf: Record<PostOrderField, (row: Row) => number | string> = {
  PUBLISHED_AT: (row) => row.listed_at,
  CREATED_AT: (row) => row.created_at,
  UPDATED_AT: (row) => row.updated_at,
  TITLE: (row) => row.title_key,
  VOTE_COUNT: (row) => row.vote_count,
};
const orders = Object.values(PostOrderField).flatMap((field) =>
  Object.values(OrderDirection).map((direction) => ({ field, direction })),
);

/** Cursors right before a post's place in rising order, at it, and right after it. */
function cursorsAround({ id }: Row, key: number | string, order: ListOrder) {
  return [`${id.slice(0, -6)}000000`, id, `${id.slice(0, -6)}ZZZZZZ`].map((at) => cursorOf(order, { key, id: at }));
}

/** The first, the last and one between. */
const someOf = (all: readonly Row[]) => [all.at(0)!, all.at(all.length / 2)!, all.at(-1)!];

/** Arguments of lists that go together: pages that begin, end or lie at each hidden post's place in each order. */
function listArguments({ hidden, ada, cat }: World, { account }: Runner): Arguments[] {
  const given: Arguments[] = [];
  const pages = (row: Row, key: number | string, { direction, ...order }: ListOrder, asked: Arguments) => {
    const [below, at, above] = cursorsAround(row, key, { direction, ...order });
    const [after, before] = direction === OrderDirection.ASC ? [below, above] : [above, below];
    given.push({ ...asked, after: at, first: 1 }, { ...asked, before: at, last: 1 });
    given.push({ ...asked, after, before, first: 100 });
  };
  for (const orderBy of orders) {
    const key = keyOf[orderBy.field];
    for (const row of someOf(hidden.toSorted((a, b) => (key(a) < key(b) ? -1 : key(a) > key(b) ? 1 : 0))))
      pages(row, key(row), orderBy, { orderBy });
    given.push({ orderBy, first: 100 }, { orderBy, last: 1 }, { orderBy, offset: 1, first: 1 });
    for (const search of ["hush", "lantern river"]) given.push({ orderBy, search });
  }
  for (const row of hidden) pages(row, row.listed_at, latestFirst, {});
  // One word earns 1 to 7 points.
  for (const row of someOf(hidden)) for (const key of [1, 3, 7]) pages(row, key, bestMatchFirst, { search: "river" });
  for (const search of searches) {
    given.push({ search, first: 1 }, { search, last: 1 }, { search, offset: 1 });
    for (const authorId of [ada.id, cat.id, account.id]) given.push({ search, filter: { authorId } });
  }
  for (const authorId of [ada.id, cat.id]) given.push({ filter: { authorId }, offset: 1 });
  for (const status of ["DRAFT", "SCHEDULED", "PUBLISHED"]) {
    given.push({ filter: { status }, offset: 1 });
    for (const search of ["hushed", "river"]) given.push({ search, filter: { status } });
  }
  return given;
}
const searches = [
  "hushed",
  "hush",
  "murmur",
  "m",
  "river",
  "riv",
  "lantern river",
  "lan riv",
  "river hushed",
  "quartz",
];

/** Returns the walk's values for scalars, by type and name. */
function valuesFor(world: World, runner: Runner) {
  const { hidden, ada, cat, shown, api } = world;
  const { account, ownPost } = runner;
  const posts = [shown, ...hidden.map(({ id }) => id), missing, ownPost];
  const cursors = cursorsAround(hidden[0]!, hidden[0]!.listed_at, latestFirst);
  const dates = (by: number) => someOf(hidden).map((row) => new Date(row.created_at + by).toISOString());
  const scalars: Record<string, readonly unknown[]> = {
    "ID id": [...posts, ada.id, cat.id, ada.sessionId, account.id, account.sessionId, "", "post_"],
    "ID postId": posts,
    "ID authorId": [ada.id, cat.id, account.id, "user_01ARZ3NDEKTSV4RRFFQ69G5FAV", hidden[0]!.id],
    "ID sessionId": [ada.sessionId, account.sessionId],
    "Int first": [0, 1, 100],
    "Int last": [0, 1, 100],
    "Int offset": [0, 1, 5],
    "String after": [...cursors, "nonsense"],
    "String before": [...cursors, "nonsense"],
    "String search": [...searches, "", "  ", '"', "NOT hushed", "title:hushed"],
    "DateTime createdAfter": dates(-1),
    "DateTime createdBefore": dates(1),
    "String title": ["Changed"],
    "String content": ["Changed river"],
    "Boolean published": [true, false],
    "DateTime publishAt": [later, null, api.clock().toISOString()],
    "Int expectedVersion": [1, 2],
    "String email": [account.email, "fresh@example.com"],
    "String name": ["Somebody"],
    "String password": [account.password],
    "String currentPassword": ["another password than theirs"],
    "String newPassword": ["a password of some length"],
    "String refreshToken": [account.refreshToken, "nonsense"],
  };
  const bases: Record<string, Arguments> = {
    // As many as anybody sees, and few enough for a hundred of them beside or below.
    "Query.posts PostConnection": { first: 8 },
    "User.posts PostConnection": { first: 8 },
    "Query.node User": { id: ada.id },
    "Query.node Post": { id: shown },
    "Mutation.updatePost PostPayload": { input: { id: ownPost } },
    "Mutation.createPost PostPayload": { input: { title: "New", content: "New", published: false } },
    "Mutation.register SessionPayload": {
      input: { email: "fresh@example.com", name: "Somebody", password: "a password of some length" },
    },
  };
  const base = (coordinate: string, next: string | undefined) => bases[`${coordinate} ${next}`];
  return { scalars, together: listArguments(world, runner), base, main: { "User.posts": "Query.node" } };
}

const schema = makeSchema();
const leads = leadingFields(schema, "Post");
const allWays = waysTo(schema, "Post", 6);
const isSubscribed = ([root]: (typeof allWays)[number]) => root!.on === schema.getSubscriptionType();
const ways = allWays.filter((way) => !isSubscribed(way));
const subscribedWays = allWays.filter((way) => isSubscribed(way) && way.length <= 5);

// What ends the runner's session or posts comes last.
const ending = ["deletePost", "revokeSession", "logout", "logoutEverywhere"].map((name) => `Mutation.${name}`);
const turnOf = ({ way }: Operation) => ending.indexOf(way[0]!.coordinate);

function operationsFor(world: World, runner: Runner): Operation[] {
  const operations = operationsOf(schema, "Post", ways, valuesFor(world, runner), (way) =>
    isRead({ way }) ? 4 : 2,
  ).toSorted((a, b) => turnOf(a) - turnOf(b));
  // Every registration is of another email.
  return operations.map((operation, index) => {
    const variables = JSON.stringify(operation.variables).replace("fresh@", `fresh.${index}@`);
    return { ...operation, variables: JSON.parse(variables) };
  });
}

const isRead = ({ way }: Pick<Operation, "way">) => way[0]!.on === schema.getQueryType();

/** Operations to run at once: many that read, or one that writes. */
function batchesOf(operations: readonly Operation[]): Operation[][] {
  const batches: Operation[][] = [[]];
  for (const operation of operations) {
    const last = batches.at(-1)!;
    if (last.length < 20 && [...last, operation].every(isRead)) last.push(operation);
    else batches.push([operation]);
  }
  return batches;
}

/** Runs a batch and gives the answers as text with their status; the last of many goes over HTTP. */
async function answersTo(api: Api, batch: readonly Operation[], { token }: Runner): Promise<string[]> {
  const authorization = token === undefined ? [] : [`Bearer ${token}`];
  const run = async ({ query, variables }: Operation) => {
    const contextValue = await api.server.createContext({ authorization, userAgent: null, address: null });
    const { body, http } = await api.server.apollo.executeOperation({ query, variables }, { contextValue });
    if (body.kind !== "single") throw new Error("expected one result");
    return `${http.status} ${JSON.stringify(body.singleResult)}`;
  };
  const send = async ({ query, variables }: Operation) => {
    const { status, text } = await api.send(query, { variables, token });
    return `${status} ${text.trim()}`;
  };
  return Promise.all(batch.map((operation, index) => (index === 19 ? send(operation) : run(operation))));
}

/** Subscribes to all of these, and gives what comes of each, as text without its cursors. */
async function listen(api: Api, operations: readonly Operation[], { token }: Runner) {
  const streams = new Map<string, string[]>(operations.map((_, index) => [String(index), []]));
  const unfiltered = "subscription { postEvents { post { title } } }";
  const socket = await openSocket(api);
  socket.send({
    type: "connection_init",
    ...(token !== undefined && { payload: { authorization: `Bearer ${token}` } }),
  });
  await socket.next();
  let end!: () => void;
  const ended = new Promise<void>((resolve) => (end = resolve));
  socket.raw.on("message", (data) => {
    const { id, payload } = jsonOf(data);
    streams.get(id)?.push(JSON.stringify(payload));
    if (id === "end" && payload.data.postEvents.post?.title === "The end") end();
  });
  for (const [index, { query, variables }] of operations.entries()) socket.subscribe(String(index), query, variables);
  socket.subscribe("end", unfiltered);
  await expect.poll(() => [...streams.values()].every(({ length }) => length > 0), { timeout: 10_000 }).toBe(true);
  const events = (known: ReadonlySet<string>) =>
    [...streams].map(([id, stream]) => ({
      query: operations[Number(id)]!.query,
      stream: stream.map((event) => comparable(event.replaceAll(/"cursor":"[\w-]{80}"/g, ""), known)),
    }));
  return { ended, events, stream: (index: number) => streams.get(String(index))! };
}

const rowsOf = async (api: Api, ids: readonly string[]) => [
  await execute(api, `select * from posts where id in (${ids.map(() => "?").join()}) order by id`, [...ids]),
  await execute(api, `select * from votes where post_id in (${ids.map(() => "?").join()}) order by 1, 2`, [...ids]),
];

describe("on every way that the schema has to a post", () => {
  test("the walk goes through every field that leads to one", () => {
    const walked = new Set([...ways, ...subscribedWays].flatMap((way) => way.map(({ coordinate }) => coordinate)));
    expect([...walked], "give what the new field needs to valuesFor()").toEqual(expect.arrayContaining(leads));
    const roots = [schema.getQueryType(), schema.getMutationType(), schema.getSubscriptionType()].flatMap((type) =>
      Object.keys(type!.getFields()).map((field) => `${type!.name}.${field}`),
    );
    expect([...walked], "give what the new field needs to valuesFor()").toEqual(expect.arrayContaining(roots));
  });

  test.each(["other", "nobody"] as const)(
    "to %s, a world with hidden posts is the same as one without them",
    async (name) => {
      const { world, runner, ids, present, absent } = await makeTwoWorlds(name);
      const operations = operationsFor(world, runner);
      expect(operations.length).toBeGreaterThan(900);
      const before = await rowsOf(present, ids);

      const secrets = [...ids, ...hiddenWords, ...(name === "nobody" ? ["sketch"] : [])];

      for (const batch of batchesOf(operations)) {
        const [withThem, without] = await Promise.all([present, absent].map((api) => answersTo(api, batch, runner)));
        for (const [index, { way, query, variables }] of batch.entries()) {
          const of = { way: nameOf(way), query, variables };
          const answer = comparable(withThem![index]!, world.known);
          expect({ of, answer }).toEqual({ of, answer: comparable(without![index]!, world.known) });
          expect({ of, told: secrets.filter((secret) => answer.includes(secret)) }).toEqual({ of, told: [] });
          expect(answer).not.toMatch(
            /INTERNAL_SERVER_ERROR|TOO_MANY_ATTEMPTS|GRAPHQL_VALIDATION_FAILED|QUERY_TOO_COMPLEX/,
          );
        }
      }
      expect(await rowsOf(present, ids)).toEqual(before);
    },
    180_000,
  );

  test.each(["other", "nobody"] as const)(
    "to %s, changes of hidden posts are invisible",
    async (name) => {
      const { world, runner, ids, present, absent } = await makeTwoWorlds(name);
      const operations = operationsOf(schema, "Post", subscribedWays, valuesFor(world, runner), () => 1);
      const told = await Promise.all([present, absent].map((api) => listen(api, operations, runner)));

      // What is told with an event is how it is when it is read: nothing else is done before that.
      const visible = await execute(
        present,
        "select id from posts where author_id = ? and published_at <= ? and id <> ? order by id",
        [world.ada.id, world.api.clock().getTime(), world.shown],
      );
      const [voted, deleted] = visible.map(({ id }) => id as string);
      // Alike in both worlds, but for what is done to posts that one of them hasn't.
      for (const api of [present, absent]) {
        const as = ({ token }: Account): Pick<Account, "send"> => ({
          send: (query, options) => api.send(query, { token, ...options }),
        });
        const { ada, cat, shown, runners } = world;
        const own = new Map<string, Account>();
        for (const { id, author_id } of (await execute(present, "select id, author_id from posts")) as any[])
          own.set(
            id,
            [ada, cat, runners.other.account].find((one) => one.id === author_id)!,
          );
        const { stream } = told[api === present ? 0 : 1]!;
        const isAbout = ({ variables }: Operation, id: string): boolean =>
          (variables["authorId0"] ?? ada.id) === ada.id && (variables["postId0"] ?? id) === id;
        /** Waits until each subscription has told READY and of these, or what is wrong with its cursor. */
        const isTold = async (changed: readonly string[]) => {
          const counts = operations.map((one) =>
            one.variables["after0"] === undefined ? 1 + changed.filter((id) => isAbout(one, id)).length : 1,
          );
          await expect.poll(() => counts.map((_, index) => stream(index).length), { timeout: 10_000 }).toEqual(counts);
        };
        const hidden = api === present ? ids : [];
        for (const id of hidden) await updatePost(as(own.get(id)!), { id, title: "murmur" });
        await updatePost(as(ada), { id: shown, title: "Seen" });
        await isTold([shown]);
        for (const id of hidden) {
          await votePost(as(own.get(id)!), id);
          await updatePost(as(own.get(id)!), { id, published: false });
        }
        await votePost(as(cat), voted!);
        await isTold([world.shown, voted!]);
        for (const id of hidden.slice(1)) await deletePost(as(own.get(id)!), id);
        await deletePost(as(ada), deleted!);
        await createPost(as(cat), { title: "The end" });
      }
      await Promise.all(told.map(({ ended }) => ended));
      const [withThem, without] = told.map(
        ({ events }) =>
          () =>
            events(world.known),
      );
      // What is read for an event takes its time, and longer in one than in the other.
      await expect.poll(() => isDeepStrictEqual(withThem!(), without!()), { timeout: 10_000 }).toBe(true);
      expect(withThem!()).toEqual(without!());
      const text = JSON.stringify(withThem!());
      expect(text).toMatch(/CHANGED.*VOTED.*REMOVED.*ADDED/);
      for (const secret of [...ids, ...hiddenWords]) expect(text).not.toContain(secret);
    },
    60_000,
  );

  test("their author sees hidden posts on all of them", async () => {
    const world = await makeWorld("other");
    const runner = world.runners.victim;
    const operations = operationsFor(world, runner);
    const api = await world.copy();
    const seen = new Set<string>();
    for (const operation of operations) {
      const way = nameOf(operation.way);
      if (seen.has(way)) continue;
      const [answer] = await answersTo(api, [operation], runner);
      if (/"status":"(DRAFT|SCHEDULED)"/.test(answer!)) seen.add(way);
    }

    // Who has just registered has no posts.
    const leading = ways.filter(([root]) => root!.field.name !== "register" && leads.includes(root!.coordinate));
    expect([...seen].toSorted()).toEqual(leading.map(nameOf).toSorted());
  }, 180_000);

  test("an argument or a field that the walk has no values for fails it", async () => {
    const values = { scalars: { "ID id": [""] }, together: [], base: () => undefined, main: {} };
    const addTo = (sdl: string) => extendSchema(makeSchema(), parse(sdl));

    const found = addTo("extend type Query { feed(topic: Topic): [Post!]! } input Topic { word: String! }");
    expect(() => operationsOf(found, "Post", waysTo(found, "Post", 1), values, () => 1)).toThrow(
      "no values for Query.feed(topic)(word): add some",
    );
    expect(leadingFields(addTo("extend type Session { posts: [Post!]! }"), "Post")).toContain("User.sessions");
    const counted = addTo("extend type User { countOf(status: PostStatus!): Int! }");
    const users = waysTo(counted, "User", 1);
    expect(() => operationsOf(counted, "User", users, values, () => 1)).toThrow("User.countOf");
  });
});

describe("a hidden post and none at all", () => {
  const id = "$id: ID!";
  test.each([
    `query (${id}) { post(id: $id) { title author { name } } }`,
    `query (${id}) { node(id: $id) { ... on Post { title author { name } } } }`,
    `mutation (${id}) { updatePost(input: { id: $id, title: "Mine" }) { post { title } } }`,
    `mutation (${id}) { updatePost(input: { id: $id, expectedVersion: 7, published: true }) { post { title } } }`,
    `mutation (${id}) { deletePost(input: { id: $id }) { deletedPostId } }`,
    `mutation (${id}) { votePost(input: { postId: $id }) { post { title } } }`,
    `mutation (${id}) { unvotePost(input: { postId: $id }) { post { title } } }`,
  ])("are answered alike, with the same statements: %s", async (query) => {
    const api = await startApi();
    const [ada, bob] = [await api.register(), await api.register()];
    const withdrawn = await createPost(ada);
    await votePost(bob, withdrawn);
    await updatePost(ada, { id: withdrawn, published: false });
    const ids = [
      missing,
      await createPost(ada, { published: false }),
      await createPost(ada, { publishAt: later }),
      withdrawn,
    ];
    const before = await rowsOf(api, ids);

    const statements = countStatements();
    const runs = [];
    for (const one of ids) {
      const from = statements().length;
      const { status, text } = await bob.send(query, { variables: { id: one } });
      const ran = statements().slice(from);
      runs.push({ status, text, statements: ran.map((statement) => statement.replaceAll(one, "(the post)")) });
    }

    expect(runs[0]!.statements.length).toBeGreaterThan(1);
    for (const run of runs) expect(run).toEqual(runs[0]);
    expect(await rowsOf(api, ids)).toEqual(before);
  });
});

test("a thousand hidden matches push no visible ones out of a search", async () => {
  const api = await startApi();
  const [ada, bob] = [await api.register(), await api.register()];
  const id = await createPost(bob, { content: "A river" });
  await copyPost(api.server.database, await createPost(ada, { title: "River", published: false }), 1000);
  const search = '{ posts(search: "river", first: 5) { totalCount nodes { id } pageInfo { hasNextPage } } }';

  expect((await bob.send(search)).body.data.posts).toEqual({
    totalCount: 1,
    nodes: [{ id }],
    pageInfo: { hasNextPage: false },
  });
  expect((await ada.send(search)).body.data.posts).toMatchObject({ totalCount: 1002, pageInfo: { hasNextPage: true } });
});
