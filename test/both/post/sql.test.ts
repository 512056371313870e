import { readFileSync, writeFileSync } from "node:fs";

import { expect, inject, test } from "vitest";

import { startApi } from "../../support/api.js";
import { newFileUrl } from "../../support/files.js";
import { createPost, votePost } from "../../support/posts.js";
import { layOut } from "../../support/sql-layout.js";
import { listenToStatements } from "../../support/statements.js";

const fields = "id title content status createdAt voteCount viewerHasVoted author { name }";
const orderBy = (field: string, direction = "ASC") => `orderBy: { field: ${field}, direction: ${direction} }`;

/** An operation for each way in which posts are read, by the name of its file. */
const operations: Readonly<Record<string, (posts: { ada: string; post: string; cursor: string }) => string>> = {
  "first-page": () => `{ posts(first: 2) { nodes { ${fields} } pageInfo { hasNextPage } } }`,
  "first-page-without-session": () => `{ posts(first: 2) { nodes { title } } }`,
  "page-after-cursor": ({ cursor }) =>
    `{ posts(first: 2, after: "${cursor}", ${orderBy("TITLE")}) { edges { cursor node { id title } } } }`,
  "last-page": () => `{ posts(last: 2, ${orderBy("VOTE_COUNT", "DESC")}) { nodes { id } } }`,
  "page-at-offset": () => `{ posts(first: 2, offset: 1, ${orderBy("UPDATED_AT")}) { nodes { id } } }`,
  "page-as-rows": () => `{ posts(first: 2) { nodes { ${fields} } edges { cursor } totalCount } }`,
  "large-page": () => `{ posts { nodes { ${fields} } } }`,
  "drafts-of-author": ({ ada }) =>
    `{ posts(filter: { status: DRAFT, authorId: "${ada}" }, ${orderBy("CREATED_AT")}) { nodes { id } } }`,
  "created-between": () =>
    `{ posts(first: 2, filter: { createdAfter: "2020-01-01T00:00:00Z", createdBefore: "2100-01-01T00:00:00Z" }) { nodes { id } } }`,
  "search-best-match": () => `{ posts(search: "river rain", first: 2) { nodes { id } totalCount } }`,
  "search-in-order": ({ ada }) =>
    `{ posts(search: "river", first: 2, filter: { authorId: "${ada}" }, ${orderBy("TITLE")}) { nodes { id } } }`,
  "pages-of-authors": () =>
    `{ posts(first: 3) { nodes { author { posts(first: 1) { nodes { title } totalCount } } } } }`,
  "one-post": ({ post }) => `{ post(id: "${post}") { ${fields} } }`,
  "several-posts": ({ post }) =>
    `{ a: post(id: "${post}") { title } b: post(id: "${post}") { content } c: node(id: "${post}") { id } }`,
  "author-without-session": ({ ada }) => `{ node(id: "${ada}") { id } }`,
};

const isToBeRecorded = process.env["RECORD_SQL"] !== undefined;

test.each(Object.entries(operations))("sends the recorded statements for %s", async (name, operation) => {
  // On a database in memory, the texts of SQLite's statements have their values in them.
  const file = inject("database") === "sqlite" ? { DATABASE_URL: newFileUrl() } : undefined;
  const api = await startApi({ ...file, PUBLIC_READS: "true" });
  const [ada, bob] = [await api.register("Ada"), await api.register("Bob")];
  const post = await createPost(ada, { title: "Rain", content: "falls on the river" });
  // Too long to be read before it has been measured.
  await createPost(bob, { title: "River", content: "long ".repeat(name === "large-page" ? 10_000 : 1) });
  await votePost(bob, post);
  const list = await bob.send(`{ posts(first: 1, ${orderBy("TITLE")}) { pageInfo { endCursor } } }`);
  const { endCursor: cursor } = list.body.data.posts.pageInfo;

  const asked = listenToStatements();
  const before = asked().length;
  const { body } = await (name.endsWith("without-session") ? api : bob).send(operation({ ada: ada.id, post, cursor }));
  expect(body.errors).toBeUndefined();
  // Every operation begins with a look-up of its session, which is not about posts.
  const sent = asked()
    .slice(before)
    .filter(({ text }) => /\bposts\b/.test(text));
  const text = sent.map((statement) => `${layOut(statement.text)};\n`).join("\n");

  const path = `test/both/post/sql/${inject("database")}/${name}.sql`;
  if (isToBeRecorded) writeFileSync(path, text);
  expect(text).toBe(readFileSync(path, "utf8"));
});
