import { expect, test } from "vitest";
import { startApi } from "../../support/api.js";
import { createPost, updatePost, votePost } from "../../support/posts.js";
import {
  type Arguments,
  userPostsQuery,
  ask,
  told,
  list,
  titles,
  createMany,
  cursorsOf,
  withCursors,
  windows,
  skips,
  byTitle,
  both,
  neither,
  onlyNext,
} from "../../support/pages.js";

test("returns the page of a list that the arguments ask for, and whether there is more before and after it", async () => {
  const api = await startApi();
  const ada = await api.register();
  await createMany(api, ada, 5);
  const cursors = await cursorsOf(ada);

  for (const { args, ...expected } of [...windows, ...skips])
    expect({ args, ...(await list(ada, withCursors(args, cursors))) }).toEqual({ args, ...expected, totalCount: 5 });
});

test("returns the page of a user's posts that the arguments ask for, whatever others have written", async () => {
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

test("has no previous and no next page in an empty list", async () => {
  const api = await startApi();
  const ada = await api.register();

  for (const args of [{}, { first: 0 }, { last: 0 }, { last: 1 }, { offset: 1 }, { orderBy: byTitle }])
    expect(await list(ada, args)).toEqual({ titles: "", ...neither, totalCount: 0 });
});

test("returns 20 posts by default: the last 20 if only `before` is given", async () => {
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
    // A draft's place is its creation.
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
