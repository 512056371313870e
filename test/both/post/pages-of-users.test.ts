import { expect, test } from "vitest";
import { startApi } from "../../support/api.js";
import { createPost } from "../../support/posts.js";
import { countStatements } from "../../support/statements.js";
import { userPostsQuery, told, byTitle } from "../../support/pages.js";

test("shows a user's published posts to others, and all of them to the user", async () => {
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

test("answers an operation with more lists than fit in a statement, if the limits allow it", async () => {
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
