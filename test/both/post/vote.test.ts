import { expect, test } from "vitest";

import type { TestAccount as Account } from "../../../src/testing/account.js";
import { startApi } from "../../support/api.js";
import { rows } from "../../support/rows.js";
import { createPost, tryToCreatePost, unvotePost, votePost } from "../../support/posts.js";
import { countStatements } from "../../support/statements.js";

const selected = "voteCount viewerHasVoted version updatedAt author { name }";
const vote = (account: Account, id: string) => votePost(account, id, selected);
const unvote = (account: Account, id: string) => unvotePost(account, id, selected);

const tally = async (account: Account, id: string) =>
  (await account.send(`query ($id: ID!) { post(id: $id) { voteCount viewerHasVoted } }`, { variables: { id } })).body
    .data.post;

test("counts a vote once, and takes it back once", async () => {
  const api = await startApi();
  const [ada, bob] = [await api.register("Ada"), await api.register("Bob")];
  const { body } = await tryToCreatePost(ada, {}, "id voteCount viewerHasVoted");
  const { id, ...unvoted } = body.data.createPost.post;
  expect(unvoted).toEqual({ voteCount: 0, viewerHasVoted: false });
  api.clock.advance(1000);

  const voted = {
    voteCount: 1,
    viewerHasVoted: true,
    version: 1,
    updatedAt: "2026-11-22T09:00:00.417Z",
    author: { name: "Ada" },
  };
  for (let time = 0; time < 2; time += 1) expect((await vote(bob, id)).body.data.votePost.post).toEqual(voted);
  expect(await tally(ada, id)).toEqual({ voteCount: 1, viewerHasVoted: false });
  expect((await vote(ada, id)).body.data.votePost.post).toMatchObject({ voteCount: 2, viewerHasVoted: true });

  for (let time = 0; time < 2; time += 1)
    expect((await unvote(bob, id)).body.data.unvotePost.post).toEqual({ ...voted, viewerHasVoted: false });
  expect(await tally(ada, id)).toEqual({ voteCount: 1, viewerHasVoted: true });
});

test("counts 50 parallel votes correctly, of one user and of many", async () => {
  const api = await startApi();
  const voters: Account[] = [];
  for (let index = 0; index < 5; index += 1) voters.push(await api.register());
  const id = await createPost(voters[0]!);

  await Promise.all(Array.from({ length: 50 }, (_, index) => vote(voters[index % 5]!, id)));
  expect(await tally(voters[0]!, id)).toEqual({ voteCount: 5, viewerHasVoted: true });

  // Of each voter's ten calls some vote and some take back; the count is of those whose vote stands in the end.
  await Promise.all(
    Array.from({ length: 50 }, (_, index) => (index % 3 === 0 ? vote : unvote)(voters[index % 5]!, id)),
  );
  const standing = await Promise.all(voters.map((voter) => tally(voter, id)));
  expect(standing[0].voteCount).toBe(standing.filter(({ viewerHasVoted }) => viewerHasVoted).length);
});

test("lets nobody vote for what they can't see", async () => {
  const api = await startApi();
  const [ada, bob] = [await api.register(), await api.register()];
  const draft = await createPost(ada, { published: false });
  const scheduled = await createPost(ada, { publishAt: "2026-11-23T00:00:00Z" });

  for (const id of [draft, scheduled, "post_01ARZ3NDEKTSV4RRFFQ69G5FAV", "x"])
    for (const answer of [await vote(bob, id), await unvote(bob, id)])
      expect(answer.body.errors![0]!.extensions).toEqual({ code: "NOT_FOUND" });
  expect((await vote(ada, draft)).body.data.votePost.post.voteCount).toBe(1);
});

test("keeps votes while a post is withdrawn", async () => {
  const api = await startApi();
  const [ada, bob] = [await api.register(), await api.register()];
  const id = await createPost(ada);
  await vote(bob, id);
  const set = (published: boolean) =>
    ada.send(`mutation ($input: UpdatePostInput!) { updatePost(input: $input) { post { voteCount } } }`, {
      variables: { input: { id, published } },
    });

  expect((await set(false)).body.data.updatePost.post.voteCount).toBe(1);
  expect((await set(true)).body.data.updatePost.post.voteCount).toBe(1);
  expect(await tally(bob, id)).toEqual({ voteCount: 1, viewerHasVoted: true });
});

test("removes the votes of a deleted account, and those for a deleted post", async () => {
  const api = await startApi();
  const [ada, bob] = [await api.register(), await api.register()];
  const [one, two] = [await createPost(ada), await createPost(ada)];
  for (const id of [one, two]) await vote(bob, id);
  await vote(ada, one);

  await ada.send(`mutation { deletePost(input: { id: "${two}" }) { deletedPostId } }`);
  await bob.send(`mutation { deleteAccount(input: { currentPassword: "${bob.password}" }) { deletedUserId } }`);

  expect(await tally(ada, one)).toEqual({ voteCount: 1, viewerHasVoted: true });
  const votes = await rows(api.server.database, "select post_id, user_id from votes");
  expect(votes).toEqual([{ post_id: one, user_id: ada.id }]);
});

test("answers readers without an account that they have not voted", async () => {
  const api = await startApi({ PUBLIC_READS: "true" });
  const ada = await api.register();
  const id = await createPost(ada);
  await vote(ada, id);
  const { body } = await api.send("{ posts { nodes { voteCount viewerHasVoted } } }");
  expect(body.data.posts.nodes).toEqual([{ voteCount: 1, viewerHasVoted: false }]);
});

test("queries the votes of all posts on all pages once", async () => {
  const api = await startApi();
  const ada = await api.register();
  const ids = [];
  for (let index = 0; index < 5; index += 1) ids.push(await createPost(ada));
  for (const id of ids.slice(0, 2)) await vote(ada, id);
  const page = "nodes { id viewerHasVoted }";
  const statements = countStatements();

  const { body } = await ada.send(`{ a: posts { ${page} } b: posts(first: 2) { ${page} } }`);

  const voted = body.data.a.nodes.filter((post: any) => post.viewerHasVoted).map((post: any) => post.id);
  expect(voted.toSorted()).toEqual(ids.slice(0, 2).toSorted());
  // The credential, and each page with its votes.
  expect(statements()).toHaveLength(3);
});
