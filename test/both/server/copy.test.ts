import { expect, inject, onTestFinished, test } from "vitest";

import { bytesAtOnce, copyDatabase, rowsOf } from "../../../src/cli/bulk/copy.js";
import { CommandError } from "../../../src/cli/command.js";
import { openDatabase } from "../../../src/database/database.js";
import { transactionsOn } from "../../../src/database/transaction.js";
import { entities } from "../../../src/graphql/schema.js";
import type { TestAccount as Account } from "../../../src/testing/account.js";
import { startApi, type Api } from "../../support/api.js";
import { openMigrated } from "../../support/database.js";
import { newFileUrl } from "../../support/files.js";
import { newPostgresDatabase } from "../../support/postgres.js";
import { createPost, updatePost, votePost } from "../../support/posts.js";
import { rows } from "../../support/rows.js";

const isPostgres = inject("database") === "postgresql";
/** A database to copy from, and one of the other kind to copy to. */
const newUrls = async (): Promise<[from: string, to: string]> =>
  isPostgres ? [newFileUrl(), await newPostgresDatabase()] : [newFileUrl(), newFileUrl()];

async function copy(from: string, to: string) {
  const [source, target] = [await openDatabase(from, entities), await openDatabase(to, entities)];
  try {
    return await copyDatabase(source, target, entities, () => {});
  } finally {
    await Promise.all([source.close(true), target.close(true)]);
  }
}

const fields = `id title content status published createdAt updatedAt publishedAt voteCount viewerHasVoted version
  author { id name createdAt }`;
const orders = ["PUBLISHED_AT", "CREATED_AT", "UPDATED_AT", "TITLE", "VOTE_COUNT"];
/** Fifty queries: every order from both ends, with and without a filter or a search, and what else can be read. */
const queries = [
  ...orders.flatMap((field) =>
    ["ASC", "DESC"].flatMap((direction) =>
      ["first: 7", "last: 7", 'first: 5, search: "ä b"', "first: 9, filter: { status: DRAFT }"].map(
        (part) => `{ posts(${part}, orderBy: { field: ${field}, direction: ${direction} })
          { totalCount nodes { ${fields} } edges { cursor } pageInfo { hasNextPage hasPreviousPage startCursor endCursor } } }`,
      ),
    ),
  ),
  ...["naïve", "ελ", "水", "a", '"', "🥕", "zeta"].map(
    (word) => `{ posts(search: ${JSON.stringify(word)}, first: 20) { nodes { id title } } }`,
  ),
  "{ me { id name email createdAt sessions { id createdAt lastUsedAt expiresAt userAgent current } } }",
  `{ me { posts(first: 3, orderBy: { field: TITLE, direction: ASC }) { totalCount nodes { ${fields} } } } }`,
  "{ posts(first: 3, offset: 4) { nodes { author { posts(first: 2) { nodes { id } totalCount } } } } }",
];

const answersOf = (api: Api, { token }: Account) =>
  Promise.all(queries.map(async (query) => (await api.send(query, { token })).text));

async function fill(api: Api): Promise<Account> {
  const [ada, bob] = [await api.register("Ada"), await api.register("Bob")];
  const texts = [
    "naïve ä b",
    "Ελλάδα",
    "水と火",
    'a "quoted" \\ text\n\t',
    "🥕 zeta",
    "Zeta",
    "\\N zebra \\.",
    "\u2028\u0001",
  ];
  for (const [index, title] of [...texts, ...texts].entries()) {
    api.clock.advance(1000 + index);
    const author = index % 3 === 0 ? bob : ada;
    const id = await createPost(author, {
      title: `${title} ${index}`,
      content: `${title} b`,
      published: index % 5 !== 4,
    });
    if (index % 4 === 0) await updatePost(author, { id, content: `${title} changed` });
    if (index % 5 !== 4) await votePost(ada, id);
  }
  return ada;
}

test("keeps ids, passwords, sessions and pages in the copy, and in the copy of the copy", async () => {
  const [from, to] = await newUrls();
  const original = await startApi({ DATABASE_URL: from });
  const ada = await fill(original);
  const answers = await answersOf(original, ada);
  expect(queries).toHaveLength(50);
  expect(answers.filter((text) => text.includes('"errors"'))).toEqual([]);

  const back = newFileUrl();
  const copied = await copy(from, to);
  expect(copied).toMatchObject({ users: 2, posts: 16, sessions: 2, refresh_tokens: 2 });
  expect(await copy(to, back)).toEqual(copied);

  for (const url of [to, back]) {
    const api = await startApi({ DATABASE_URL: url });
    api.clock.set(original.clock());
    expect(await answersOf(api, ada)).toEqual(answers);
    const login = "mutation ($i: LoginInput!) { login(input: $i) { user { id } } }";
    const signedIn = await api.send(login, { variables: { i: { email: ada.email, password: ada.password } } });
    expect(signedIn.body).toEqual({ data: { login: { user: { id: ada.id } } } });
    const refresh = "mutation ($t: String!) { refreshSession(input: { refreshToken: $t }) { user { id } } }";
    const refreshed = await api.send(refresh, { variables: { t: ada.refreshToken } });
    expect(refreshed.body).toEqual({ data: { refreshSession: { user: { id: ada.id } } } });
    await createPost({ send: (query, options) => api.send(query, { token: ada.token, ...options }) });
  }
});

test("announces scheduled posts in the copy too, and no published ones", async () => {
  const [from, to] = await newUrls();
  const api = await startApi({ DATABASE_URL: from });
  const ada = await api.register("Ada");
  await createPost(ada);
  // The copy is made at the machine's time.
  const scheduled = await createPost(ada, { publishAt: "2096-11-22T09:00:00.000Z" });
  await api.server.stop();
  await copy(from, to);
  const { server } = await startApi({ DATABASE_URL: to });
  expect(await rows(server.database, "select post_id from scheduled_posts")).toEqual([{ post_id: scheduled }]);
  expect(await rows(server.database, "select change from events")).toEqual([]);
});

test("refuses a target that isn't empty, and leaves it unchanged", async () => {
  const [from, to] = await newUrls();
  await (await startApi({ DATABASE_URL: from })).register("Ada");
  const other = await startApi({ DATABASE_URL: to });
  await other.register("Bob");

  await expect(copy(from, to)).rejects.toThrow(CommandError);
  expect(await rows(other.server.database, "select name from users")).toEqual([{ name: "Bob" }]);
});

test.runIf(isPostgres)("leaves nothing behind if the target can't store the source's rows", async () => {
  const [from, to] = await newUrls();
  const original = await startApi({ DATABASE_URL: from });
  await fill(original);
  await rows(original.server.database, "update posts set content = content || char(0) where title like 'Zeta%'");
  await expect(copy(from, to)).rejects.toThrow("invalid byte sequence");
  const target = await openDatabase(to, entities);
  expect(await rows(target, "select count(*) as left_behind from users")).toEqual([{ left_behind: 0 }]);
  await target.close(true);
});

test("leaves nothing behind when it is interrupted, and can be started again", async () => {
  const [from, to] = await newUrls();
  const original = await startApi({ DATABASE_URL: from });
  await fill(original);
  const [source, target] = [await openDatabase(from, entities), await openDatabase(to, entities)];
  const interrupted = copyDatabase(source, target, entities, ({ phase }) => {
    if (phase === "votes") throw new Error("interrupted");
  });
  await expect(interrupted).rejects.toThrow("interrupted");
  for (const table of ["users", "posts", "votes"])
    expect(await rows(target, `select count(*) as left_behind from ${table}`)).toEqual([{ left_behind: 0 }]);

  expect(await copyDatabase(source, target, entities, () => {})).toMatchObject({ users: 2, posts: 16 });
  await Promise.all([source.close(true), target.close(true)]);
});

test("reads as many rows at a time as fit, even if they are large", async () => {
  const source = await openMigrated();
  onTestFinished(() => source.close(true));
  const table = { name: "users", columns: ["id", "name"], key: ["id"] };
  const sizes = [10, 10, bytesAtOnce / 2, bytesAtOnce / 2, 2 * bytesAtOnce, 10, 10];
  for (const [index, size] of sizes.entries())
    await rows(
      source,
      "insert into users (id, name, email, email_key, password_hash, created_at) values (?, ?, '', ?, '', 0)",
      [`user_${index}`, "é".repeat(size / 2), `key${index}`],
    );

  const batches: number[] = [];
  await transactionsOn(source)({ clientKey: "tests" })(async (em) => {
    for await (const batch of rowsOf(source, em, table)) batches.push(batch.length);
  });
  expect(batches).toEqual([3, 1, 1, 2]);
});
