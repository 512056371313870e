import "postern/vitest";
import { assertGuarded, assertInvisible, createTestServer, type TestAccount } from "postern/testing";
import { expect, test } from "vitest";

import { bookmarks } from "./bookmark.feature.js";

const add = "mutation ($postId: ID!) { addBookmark(postId: $postId) { id } }";

/** Creates a post, and returns its id. */
async function createPost({ send }: TestAccount, published = true): Promise<string> {
  const create = "mutation ($input: CreatePostInput!) { createPost(input: $input) { post { id } } }";
  const { body } = await send(create, { variables: { input: { title: "Rain", content: "…", published } } });
  return body.data.createPost.post.id;
}

test("a bookmark needs a session that has not ended", async () => {
  await using api = await createTestServer(bookmarks);
  const ada = await api.as("Ada");
  const postId = await createPost(ada);

  const added = await ada.send(add, { variables: { postId } });
  expect(added).toSucceed();
  expect((await ada.send("{ bookmarks { id post { title } } }")).body.data).toEqual({
    bookmarks: [{ id: added.body.data.addBookmark.id, post: { title: "Rain" } }],
  });

  api.clock.advance("30m");
  expect(await ada.send("{ bookmarks { id } }")).toBeUnauthenticated("TOKEN_EXPIRED");
});

test("every root field refuses every bad credential", async () => {
  await using api = await createTestServer(bookmarks);
  await assertGuarded(api, {
    bookmarks: "{ bookmarks { id } }",
    addBookmark: `mutation { addBookmark(postId: "post_x") { id } }`,
  });
  expect(api.events().at(-1)).toMatchObject({ event: "session ended" });
});

test("a draft can't be kept by others, and a bookmark can't be read by others", async () => {
  await using api = await createTestServer(bookmarks);
  const [ada, bob] = [await api.as("Ada"), await api.as("Bob")];
  expect(await bob.send(add, { variables: { postId: await createPost(ada, false) } })).toFailWith("NOT_FOUND");

  const { body } = await ada.send(add, { variables: { postId: await createPost(ada) } });
  const node = `{ node(id: "${body.data.addBookmark.id}") { __typename } }`;
  expect((await ada.send(node)).body.data).toEqual({ node: { __typename: "Bookmark" } });
  expect((await bob.send(node)).body.data).toEqual({ node: null });
});

test("a post that is a draft again is gone from the bookmarks of others", async () => {
  await using api = await createTestServer(bookmarks);
  const [ada, bob] = [await api.as("Ada"), await api.as("Bob")];
  const postId = await createPost(ada);
  for (const one of [ada, bob]) expect(await one.send(add, { variables: { postId } })).toSucceed();

  const unpublish = `mutation { updatePost(input: { id: "${postId}", published: false }) { post { id } } }`;
  expect(await ada.send(unpublish)).toSucceed();
  expect((await ada.send("{ bookmarks { post { id } } }")).body.data.bookmarks).toEqual([{ post: { id: postId } }]);
  expect((await bob.send("{ bookmarks { post { id } } }")).body.data.bookmarks).toEqual([]);
});

test("no field reveals posts that somebody else hides", async () => {
  const walk = assertInvisible(bookmarks, {
    async prepare({ viewer, posts }) {
      for (const postId of posts) expect(await viewer.send(add, { variables: { postId } })).toSucceed();
    },
  });
  await expect(walk).resolves.toBeUndefined();
});

test("a shelf has room for 50 bookmarks", async () => {
  await using api = await createTestServer({ ...bookmarks, over: "execute" });
  const ada = await api.as("Ada");
  const keep = async () => ada.send(add, { variables: { postId: await createPost(ada) } });
  for (let count = 0; count < 50; count += 1) expect(await keep()).toSucceed();
  expect(await keep()).toFailWith("SHELF_FULL");
});

test("the list takes one statement, and the credential another", async () => {
  await using api = await createTestServer(bookmarks);
  const ada = await api.as("Ada");
  expect(await api.countStatements(() => ada.send("{ bookmarks { id } }"))).toHaveLength(2);
});

test("the migrations make what the entities say", async () => {
  await using api = await createTestServer(bookmarks);
  expect(await api.missingMigration()).toBe("");
});
