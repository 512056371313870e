import { Arg, FieldResolver, Int, Mutation, Query, Resolver } from "type-graphql";
import { describe, expect, inject, onTestFinished, test } from "vitest";

import { bookmarks } from "../../../examples/bookmarks/bookmark.feature.js";
import { openDatabase } from "../../../src/database/database.js";
import {
  Answers,
  createServer,
  KnownError,
  Needs,
  UserType,
  type AddedFeature,
  type ErrorCode,
} from "../../../src/index.js";
import { makeLog } from "../../../src/foundation/log.js";
import { featuresWith, joinFeatures, makeSchema, printedSchema } from "../../../src/graphql/schema.js";
import { testSecret } from "../../../src/testing/test-server.js";
import { startApi } from "../../support/api.js";
import { memoryUrl } from "../../../src/testing/database.js";
import { newUnsharedUrl } from "../../support/database.js";
import { newFileUrl } from "../../support/files.js";
import { createPost } from "../../support/posts.js";
import { rows } from "../../support/rows.js";

async function open(url: string, added?: AddedFeature) {
  const { entities, migrations } = featuresWith(added);
  const database = await openDatabase(url, entities, { migrations });
  onTestFinished(() => database.close(true));
  return database;
}

/** The same statements for both databases. */
const migration = (name: string, ...statements: string[]) => ({ name, sqlite: statements, postgresql: statements });

const add = "mutation ($postId: ID!) { addBookmark(postId: $postId) { id createdAt post { title } } }";

test("a feature of an application stores, answers and refuses beside the server's own", async () => {
  const api = await startApi({}, bookmarks);
  const [ada, bob] = [await api.register("Ada"), await api.register("Bob")];
  const postId = await createPost(bob, { title: "Rain" });
  const draft = await createPost(bob, { published: false });

  const added = await ada.send(add, { variables: { postId } });
  const bookmark = { createdAt: api.clock().toISOString(), post: { title: "Rain" } };
  expect(added.body).toEqual({
    data: { addBookmark: { id: expect.stringMatching(/^bookmark_[0-9A-Z]{26}$/), ...bookmark } },
  });
  const { id } = added.body.data.addBookmark;
  expect((await ada.send("{ bookmarks { createdAt post { title } } }")).body).toEqual({
    data: { bookmarks: [bookmark] },
  });

  // Somebody else's draft is not there, and neither are somebody else's bookmarks.
  const invisible = await ada.send(add, { variables: { postId: draft } });
  expect(invisible.body.errors).toMatchObject([{ path: ["addBookmark"], extensions: { code: "NOT_FOUND" } }]);
  const node = `{ node(id: "${id}") { __typename id ... on Bookmark { post { title } } } }`;
  expect((await ada.send(node)).body).toEqual({
    data: { node: { __typename: "Bookmark", id, post: { title: "Rain" } } },
  });
  expect((await bob.send(node)).body).toEqual({ data: { node: null } });

  // The credential is judged as everywhere, and gone is what its user has deleted.
  api.clock.set(ada.expiresAt);
  for (const query of ["{ bookmarks { id } }", node, `mutation { addBookmark(postId: "${postId}") { id } }`]) {
    const { status, body } = await ada.send(query);
    expect(status).toBe(401);
    expect(body.errors).toMatchObject([{ extensions: { code: "UNAUTHENTICATED", reason: "TOKEN_EXPIRED" } }]);
  }
  await rows(api.server.database, "delete from users where id = ?", [ada.id]);
  expect(await rows(api.server.database, "select * from bookmarks")).toEqual([]);
});

test("a list of an application's counts against the limit on an operation's cost", async () => {
  const api = await startApi({ MAX_COST: "200" }, bookmarks);
  const ada = await api.register("Ada");
  const few = "{ bookmarks { post { title } } }";
  const many = "{ bookmarks { post { author { posts(first: 20) { nodes { title } } } } } }";
  expect((await ada.send(few)).status).toBe(200);
  expect((await ada.send(many)).body.errors).toMatchObject([{ extensions: { code: "QUERY_TOO_COMPLEX" } }]);
});

@Resolver()
class Refusals {
  @Query(() => String)
  @Needs("none")
  @Answers("SHELF_FULL")
  refuse(@Arg("code", () => String) code: string): string {
    throw new KnownError(code as ErrorCode, "as it is", { detail: 1 });
  }

  @Mutation(() => String)
  @Needs("none")
  @Answers("GONE_FISHING" as ErrorCode)
  alsoRefuse(): string {
    throw new KnownError("GONE_FISHING" as ErrorCode, "as it is", { retryAfterSeconds: 60 });
  }
}

test("an error with an added code is sent unchanged; one with an unknown code is masked", async () => {
  const added = { resolvers: [Refusals], errorCodes: { GONE_FISHING: 503, SHELF_FULL: 200 } };
  const api = await startApi({}, added);

  const known = await api.send('{ refuse(code: "SHELF_FULL") }');
  expect(known.status).toBe(200);
  expect(known.body).toMatchObject({
    data: null,
    errors: [{ message: "as it is", extensions: { code: "SHELF_FULL", detail: 1 } }],
  });
  const away = await api.send("mutation { alsoRefuse }");
  expect(away.status).toBe(503);
  expect(away.headers.get("retry-after")).toBe("60");
  expect(away.body).toMatchObject({ errors: [{ extensions: { code: "GONE_FISHING", retryAfterSeconds: 60 } }] });
  expect(away.body).not.toHaveProperty("data");

  const unknown = await api.send('{ refuse(code: "SHELF_FUL") }');
  expect(unknown.status).toBe(500);
  expect(unknown.text).not.toContain("as it is");
  const { incidentId, ...error } = unknown.body.errors![0]!.extensions;
  expect(error).toEqual({ code: "INTERNAL_SERVER_ERROR" });
  expect(api.logged().find((line) => line["incidentId"] === incidentId)).toMatchObject({
    err: { message: "as it is", code: "SHELF_FUL" },
  });
});

@Resolver()
class SecondPosts {
  @Query(() => String)
  posts(): string {
    return "";
  }
}

test.each([
  { of: "a root field", added: { resolvers: [SecondPosts] }, words: 'SecondPosts: there is a root field "posts"' },
  { of: "an error code", added: { errorCodes: { NOT_FOUND: 200 } }, words: "errorCodes: NOT_FOUND" },
  { of: "a kind of ids", added: { nodes: { user: bookmarks.nodes.bookmark } }, words: 'nodes: "user"' },
  {
    of: "a kind of a later release",
    added: { nodes: { comment: bookmarks.nodes.bookmark } },
    words: 'nodes: "comment"',
  },
])("refuses $of that is there already", async ({ added, words }) => {
  await expect(startApi({}, added)).rejects.toThrow(words);
});

test.each([
  { of: "an error code", added: { errorCodes: { "shelf-full": 200 } }, words: "errorCodes: shelf-full" },
  { of: "a status", added: { errorCodes: { SHELF_FULL: 302 } }, words: "errorCodes: SHELF_FULL" },
  { of: "a kind of ids", added: { nodes: { Book_mark: bookmarks.nodes.bookmark } }, words: 'nodes: "Book_mark"' },
])("refuses $of that has another form", ({ added, words }) => {
  expect(() => featuresWith(added)).toThrow(words);
});

@Resolver(() => UserType)
class UserBookmarks {
  @FieldResolver(() => Int)
  bookmarkCount(): number {
    return 0;
  }
}

test("several features are one, which has all of theirs, once", async () => {
  const refusals = {
    resolvers: [Refusals],
    errorCodes: { GONE_FISHING: 503 },
    migrations: [migration("refusals", "create table refusals (id text)")],
  };
  const api = await startApi({}, joinFeatures(bookmarks, refusals));
  const ada = await api.register("Ada");
  expect((await ada.send("{ bookmarks { id } }")).body).toEqual({ data: { bookmarks: [] } });
  expect((await ada.send("mutation { alsoRefuse }")).status).toBe(503);
  expect(await rows(api.server.database, "select name from added_migrations order by id")).toEqual([
    { name: bookmarks.migrations[0]!.name },
    { name: "refusals" },
  ]);

  const shelf = { errorCodes: { SHELF_FULL: 409 } };
  expect(() => joinFeatures(bookmarks, shelf)).toThrow('errorCodes: two features have "SHELF_FULL"');
  expect(() => joinFeatures(bookmarks, { nodes: bookmarks.nodes })).toThrow('nodes: two features have "bookmark"');
});

test("additions to one schema of a process are in no other", () => {
  const added = featuresWith({ ...bookmarks, resolvers: [...bookmarks.resolvers, UserBookmarks] });
  expect(printedSchema(makeSchema(added))).toMatch(/type Bookmark implements Node[^]*bookmarkCount: Int!/);
  // Another schema, since its resolvers differ.
  const codes = { GONE_FISHING: 503, SHELF_FULL: 200 };
  const others = featuresWith({ resolvers: [Refusals], errorCodes: codes });
  expect(printedSchema(makeSchema(others))).not.toMatch(/bookmark/i);
  expect(makeSchema(featuresWith({ ...bookmarks }))).toBe(makeSchema(featuresWith(bookmarks)));
});

describe("migrations of an application", () => {
  const first = migration("first", "create table notes (id text not null primary key)");
  const second = migration("second", "insert into notes values ('a')", "insert into notes values ('b')");

  test("run once, in their order, after the server's, and are recorded apart", async () => {
    const url = await newUnsharedUrl();
    await open(url);
    await open(url, { migrations: [first] });
    const database = await open(url, { migrations: [first, second] });
    await open(url, { migrations: [first, second] });

    expect(await rows(database, "select id from notes order by id")).toEqual([{ id: "a" }, { id: "b" }]);
    expect(await rows(database, "select name from added_migrations order by id")).toEqual([
      { name: "first" },
      { name: "second" },
    ]);
    expect(await rows(database, "select name from migrations where name in ('first', 'second')")).toEqual([]);
  });

  // What MikroORM knows of PostgreSQL's tables is less than what their migrations say.
  test.runIf(inject("database") === "sqlite")("of the example create the tables of its entities", async () => {
    const database = await open(memoryUrl, bookmarks);
    expect(await database.getSchemaGenerator().getUpdateSchemaSQL({ wrap: false })).toBe("");
  });

  test("run once if several processes start at once", async () => {
    const url = await newUnsharedUrl();
    const databases = await Promise.all([1, 2, 3].map(() => open(url, { migrations: [first, second] })));
    expect(await rows(databases[0]!, "select count(*) as notes from notes")).toEqual([{ notes: 2 }]);
  });

  test("leave a database unchanged if one fails, and name that one", async () => {
    const url = await newUnsharedUrl();
    const wrong = migration("wrong", "insert into nothing values (1)");
    await expect(open(url, { migrations: [first, wrong] })).rejects.toThrow(/^The migration wrong failed: .*nothing/);
    const database = await open(url, { migrations: [first] });
    expect(await rows(database, "select * from notes")).toEqual([]);
  });

  test("are refused if one has no statements for the database, or two have the same name", async () => {
    await expect(open(await newUnsharedUrl(), { migrations: [{ name: "first" }] })).rejects.toThrow(
      `The migration first has no statements for ${inject("database")}`,
    );
    expect(() => featuresWith({ migrations: [first, first] })).toThrow('migrations: there are two named "first"');
  });

  test("of a newer version keep an older one from starting", async () => {
    const url = await newUnsharedUrl();
    await open(url, { migrations: [first, second] });
    await expect(open(url, { migrations: [first] })).rejects.toThrow(
      "The database was migrated by a newer version of the application (second)",
    );
  });
});

describe("createServer()", () => {
  const settings = { PORT: "0", DATABASE_URL: memoryUrl, JWT_SECRET: testSecret };

  test("starts a server with the given settings and clock", async () => {
    const now = new Date("2027-01-01T00:00:00.000Z");
    const lines: any[] = [];
    const log = makeLog("info", () => now, { write: (line) => void lines.push(JSON.parse(line)) });
    // The environment's own, which others are added to.
    const all = { ...process.env, ...settings, DATABASE_URL: newFileUrl(), WORKERS: "2", ACCESS_TOKEN_TLL: "1m" };
    const server = await createServer({ ...bookmarks, settings: all, clock: () => now, log });
    onTestFinished(server.stop);
    expect(lines.map(({ time, msg }) => ({ time, msg }))).toEqual([
      { time: now.getTime(), msg: "ACCESS_TOKEN_TLL is not a setting; did you mean ACCESS_TOKEN_TTL?" },
      { time: now.getTime(), msg: "WORKERS does nothing here: createServer() serves with its own process alone" },
      { time: now.getTime(), msg: "newest event at the start" },
    ]);

    const answer = await fetch(server.url, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ query: "{ bookmarks { id } }" }),
    });
    expect(answer.status).toBe(401);
    expect(await answer.json()).toMatchObject({
      errors: [{ extensions: { reason: "TOKEN_MISSING", serverTime: now.toISOString() } }],
    });
  });

  test("names each invalid setting, and starts nothing", async () => {
    await expect(
      createServer({ settings: { ...settings, PORT: "none", ACCESS_TOKEN_TTL: "30" } }),
    ).rejects.toMatchObject({
      name: "ConfigError",
      problems: [expect.stringMatching(/^ACCESS_TOKEN_TTL/), expect.stringMatching(/^PORT/)],
    });
  });
});
