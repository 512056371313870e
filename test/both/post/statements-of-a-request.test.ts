import { expect, test } from "vitest";

import type { TestAccount as Account } from "../../../src/testing/account.js";
import { startApi } from "../../support/api.js";
import { createPost } from "../../support/posts.js";
import { countStatements } from "../../support/statements.js";

/** Twenty published posts of four authors, each with a draft beside, read by one of them. */
async function busyWorld() {
  const api = await startApi();
  const people: Account[] = [];
  for (const name of ["Ada", "Bob", "Cat", "Dora"]) people.push(await api.register(name));
  const ids: string[] = [];
  for (let number = 0; number < 20; number += 1) {
    api.clock.advance(1000);
    ids.push(await createPost(people[number % 4]!, { title: `Post ${number}` }));
  }
  for (const person of people) await createPost(person, { published: false });
  return { api, ids, people, ada: people[0]! };
}
/** How many statements an operation runs beyond the one that judges the credential. */
async function preparedStatementsOf(account: Account, query: string, statements: () => string[]) {
  const earlier = statements().length;
  await account.send("{ __typename }");
  const judging = statements().length - earlier;
  const { body } = await account.send(query);
  expect(body.errors).toBeUndefined();
  return { data: body.data, count: statements().length - earlier - 2 * judging };
}
const posts = "nodes { title voteCount viewerHasVoted }";

test.each([
  {
    of: "posts of authors of posts",
    query: `{ posts(first: 20) { nodes { author { posts(first: 5) { ${posts} } } } } }`,
    count: 2,
  },
  {
    of: "the same, counted",
    query: `{ posts(first: 20) { totalCount nodes { author { posts(first: 5) { totalCount ${posts} } } } } }`,
    count: 4,
  },
  {
    of: "lists of five kinds with lists below, a statement a kind",
    query: `{ ${[
      "first: 3",
      "last: 3",
      "filter: { status: DRAFT }",
      `search: "post"`,
      "orderBy: { field: TITLE, direction: ASC }",
    ]
      .map((args, n) => `a${n}: posts(${args}) { nodes { author { posts(first: ${n + 1}) { ${posts} } } } }`)
      .join(" ")} }`,
    count: 10,
  },
  {
    of: "own posts with the author's sessions",
    query: "{ me { posts(first: 20) { nodes { title author { sessions { id } } } } } }",
    count: 2,
  },
  {
    of: "all posts with their authors' sessions",
    query: "{ posts { nodes { author { sessions { id } } } } }",
    count: 2,
  },
])("reads $of in $count statements", async ({ query, count }) => {
  const { ada } = await busyWorld();
  expect((await preparedStatementsOf(ada, query, countStatements())).count).toBe(count);
});

test("reads ten posts, as fields or as nodes, in one statement, and ten users in one", async () => {
  const { ada, ids, people } = await busyWorld();
  const aliased = (field: string, inside: string, of: readonly string[]) =>
    of.map((id, n) => `${field}${n}: ${field}(id: "${id}") { ${inside} }`).join(" ");
  const ten = ids.slice(0, 10);
  const statements = countStatements();
  const users = Array.from({ length: 10 }, (_, n) => people[n % 4]!.id);

  for (const [query, count] of [
    [aliased("post", "title author { name }", ten), 1],
    [aliased("node", "... on Post { title author { name } }", ten), 1],
    [aliased("node", "... on User { name }", users), 1],
    [aliased("node", "... on User { posts(first: 2) { nodes { title } } }", users), 2],
    [
      `${aliased("post", "title", ids.slice(0, 5))} ${aliased("node", "id", [...users.slice(0, 5), ...ids.slice(5, 10)])}`,
      2,
    ],
  ] as const) {
    const { data, count: found } = await preparedStatementsOf(ada, `{ ${query} }`, statements);
    expect({ query, count: found }).toEqual({ query, count });
    expect(Object.values(data)).not.toContain(null);
  }
});
