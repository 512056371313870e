import { expect, onTestFinished, test } from "vitest";

import { openReader } from "../../../src/database/reader.js";
import type { Sql } from "../../../src/database/sql.js";
import { latestFirst } from "../../../src/features/post/list/order.js";
import { pagesStatement } from "../../../src/features/post/list/page.statements.js";
import { postsStatement, type PostsRow } from "../../../src/features/post/list/post.statements.js";
import type { PostSelection } from "../../../src/features/post/list/selection.js";
import { visibilityScopes } from "../../../src/features/post/post-visibility.js";
import { startApi } from "../../support/api.js";
import { createPost } from "../../support/posts.js";

const contents = ["plain", '\u0001 " \\ \n \u2028', "é 😀", "x".repeat(3000)];

/** Creates posts with these contents, and returns how to read them. */
async function written() {
  const api = await startApi();
  const [ada, bob] = [await api.register("Ada"), await api.register("Bob")];
  const ids: string[] = [];
  for (const content of contents) ids.push(await createPost(ada, { content }));
  await createPost(bob, { content: contents[3] });
  const reader = await openReader(api.server.database, { maxSlowReads: 10 });
  onTestFinished(reader.close);
  const now = api.clock();
  const reading = { scopes: visibilityScopes(undefined, now), viewerId: undefined, now };
  return {
    ids,
    ada,
    bob,
    reading,
    read: (statement: Sql) => reader.all<PostsRow>(statement, { cost: "indexed", clientKey: "test" }),
  };
}

const wanted = (times: number): PostSelection => ({ columns: new Set(["content"]), contentTimes: times });
const bytesOf = (texts: readonly string[]) =>
  texts.reduce((sum, text) => sum + Buffer.byteLength(JSON.stringify(text)), 0);
const request = { size: 10, fromEnd: false, offset: 0 };

test.each([1, 3])(
  "measures the bytes of contents as JSON, %i times each, and reads none if there is one byte too many",
  async (times) => {
    const { ids, reading, read } = await written();
    const bytes = bytesOf(contents) * times;
    const statement = (room: number) => postsStatement(reading, ids, { ...wanted(times), room });

    const [row] = await read(statement(bytes));
    expect(row!.contentBytes).toBe(bytes);
    expect((JSON.parse(row!.posts!) as unknown[][]).map((post) => post[2])).toEqual(contents);
    expect(await read(statement(bytes - 1))).toEqual([{ posts: null, contentBytes: bytes }]);
  },
);

test("adds up the pages of several authors, without the post after each page", async () => {
  const { ada, bob, reading, read } = await written();
  const page = (size: number, room: number) =>
    pagesStatement(
      { reading, listing: { order: latestFirst }, request: { ...request, size }, authorIds: [ada.id, bob.id] },
      { ...wanted(1), room },
    );

  const all = bytesOf([...contents, contents[3]!]);
  for (const { contentBytes, posts } of await read(page(10, all))) {
    expect(contentBytes).toBe(all);
    expect(posts).not.toBeNull();
  }
  for (const { posts } of await read(page(10, all - 1))) expect(posts).toBeNull();
  // Only each author's latest post.
  expect((await read(page(1, all)))[0]!.contentBytes).toBe(bytesOf([contents[3]!, contents[3]!]));
});

test("measures nothing if no content is selected", async () => {
  const { ids, reading, read } = await written();
  const titles = { columns: new Set(["title"] as const), contentTimes: 0, room: 0 };
  const [row] = await read(postsStatement(reading, ids, titles));
  expect(row!.contentBytes).toBe(0);
  expect(JSON.parse(row!.posts!)).toHaveLength(4);
});
