import * as fc from "fast-check";
import { expect, test } from "vitest";

import type { TestAccount as Account } from "../../../src/testing/account.js";
import { startApi, type Api } from "../../support/api.js";
import { places } from "../../support/database.js";
import { createPost, votePost } from "../../support/posts.js";

// Posts that the database writes as JSON are byte for byte the response that execution makes of objects.

const seed = 20_261_124;
const everyControl = String.fromCharCode(...Array.from({ length: 31 }, (_, index) => index + 1));
const contents = [
  everyControl,
  '" \\ / \u007f \u2028 \u2029 \ufeff',
  "é 😀 \u202e ﷽ 漢",
  "x".repeat(5000),
  "%s %d '';--",
  "\u001e,{}[]",
];
const later = "2032-01-01T00:00:00.001Z";

/** Creates posts in every state, with votes and with characters that are hard to write as JSON. */
async function world(api: Api) {
  const [ada, bob] = [await api.register('Ada "the first" \\ é'), await api.register("Bob")];
  const ids: string[] = [];
  for (const [index, content] of contents.entries()) {
    api.clock.advance(1.001);
    ids.push(
      await createPost(index % 2 === 0 ? ada : bob, { content, title: `${content.slice(0, 20)}|${index}`.trim() }),
    );
    ids.push(await createPost(ada, { content, published: false }));
    ids.push(await createPost(bob, { content, publishAt: later }));
  }
  for (const id of ids.slice(0, 1)) await votePost(ada, id);
  return { ada, bob, ids };
}

/** Returns the response without HTTP, as values instead of text. */
async function executed(api: Api, account: Account | undefined, query: string, variables: Record<string, unknown>) {
  const context = await api.server.createContext({
    authorization: account === undefined ? [] : [`Bearer ${account.token}`],
    userAgent: null,
    address: null,
  });
  const { body } = await api.server.apollo.executeOperation({ query, variables }, { contextValue: context });
  if (body.kind !== "single") throw new Error("an answer in several parts");
  const { errors, data } = body.singleResult;
  return `${JSON.stringify({ errors, data })}\n`;
}

const plain = ["__typename", "id", "title", "content", "publishedAt", "published", "status", "createdAt", "updatedAt"];
const counted = ["voteCount", "version", "viewerHasVoted"];
const aliased = (names: readonly string[]) =>
  fc
    .tuple(fc.constantFrom(...names), fc.constantFrom("", "", "a_", "b_"))
    .map(([name, alias]) => (alias === "" ? name : `${alias}${name}: ${name}`));
const conditional = (field: fc.Arbitrary<string>) =>
  fc
    .tuple(field, fc.constantFrom("", "", "", " @skip(if: $no)", " @include(if: $no)", " @skip(if: false)"))
    .map((all) => all.join(""));
const few = (field: fc.Arbitrary<string>) =>
  fc.array(field, { minLength: 1, maxLength: 6 }).map((all) => all.join(" "));

const author = few(aliased(["__typename", "id", "name", "createdAt", "id", "name", "email"]));
const post = few(
  fc.oneof(
    { weight: 5, arbitrary: conditional(aliased([...plain, ...counted])) },
    { weight: 2, arbitrary: author.map((fields) => `author { ${fields} }`) },
    { weight: 1, arbitrary: aliased(plain).map((field) => `... on Post { ${field} }`) },
    { weight: 1, arbitrary: fc.constant("...f") },
    { weight: 1, arbitrary: fc.constant("author { posts(first: 1) { nodes { title } } }") },
  ),
);
const edge = few(
  fc.oneof(
    post.map((fields) => `node { ${fields} }`),
    aliased(["cursor", "__typename"]),
  ),
);
const list = few(
  fc.oneof(
    { weight: 3, arbitrary: post.map((fields) => `nodes { ${fields} }`) },
    { weight: 2, arbitrary: edge.map((fields) => `edges { ${fields} }`) },
    { weight: 1, arbitrary: fc.constant("pageInfo { hasNextPage hasPreviousPage startCursor endCursor }") },
    { weight: 1, arbitrary: fc.constantFrom("totalCount", "__typename", "again: nodes { id }") },
  ),
);
const listArguments = fc.constantFrom(
  "first: 3",
  "first: 100",
  "first: 0",
  "last: 4",
  "first: 2, offset: 3",
  "first: 50, orderBy: { field: TITLE, direction: ASC }",
  "last: 3, orderBy: { field: VOTE_COUNT, direction: DESC }",
  "first: 5, filter: { status: DRAFT }",
  "first: 5, filter: { status: SCHEDULED }",
  'first: 4, search: "x"',
);
const operation = fc
  .array(
    fc.oneof(
      { weight: 3, arbitrary: fc.tuple(listArguments, list).map(([args, fields]) => `posts(${args}) { ${fields} }`) },
      { weight: 2, arbitrary: post.map((fields) => `post(id: $id) { ${fields} }`) },
      { weight: 1, arbitrary: fc.constantFrom("me { name }", 'node(id: "none") { id }', "__typename") },
    ),
    { minLength: 1, maxLength: 2 },
  )
  .map(
    ([first, second]) =>
      `query ($id: ID!, $no: Boolean!) { ${first} ${second === undefined ? "" : `second: ${second}`} used: post(id: $id) @skip(if: true) { id @skip(if: $no) ...f } } fragment f on Post { title author { name } }`,
  );

test.each(places())(
  "returns the same posts from $place, as JSON of the database and as objects",
  async ({ newUrl }) => {
    const api = await startApi({ PUBLIC_READS: "true", DATABASE_URL: await newUrl() });
    const { ada, bob, ids } = await world(api);
    let withPosts = 0;
    await fc.assert(
      fc.asyncProperty(
        operation,
        fc.constantFrom(ada, bob, undefined),
        fc.constantFrom(...ids),
        fc.boolean(),
        async (query, account, id, no) => {
          const variables = { id, no };
          const sent = await api.send(query, { variables, token: account?.token });
          const text = await executed(api, account, query, variables);
          expect({ query, text: sent.text }).toEqual({ query, text });
          if (sent.body.errors === undefined && /"title"|"content"/.test(sent.text)) withPosts += 1;
        },
      ),
      { seed, numRuns: 400 },
    );
    // Most responses have data: few selections conflict.
    expect(withPosts).toBeGreaterThan(100);
  },
);

test("never puts a post where another value belongs, or below an error", async () => {
  const api = await startApi();
  const ada = await api.register();
  await createPost(ada, { title: "One" });
  const none = '{ posts { nodes { title } } node(id: "session_none") { id } }';
  expect((await ada.send(none)).body.data).toEqual({ posts: { nodes: [{ title: "One" }] }, node: null });

  const refused = await ada.send(
    '{ a: posts { nodes { title } } b: posts(search: "x", first: 101) { nodes { title } } }',
  );
  expect(refused.text).toBe(
    await executed(
      api,
      ada,
      '{ a: posts { nodes { title } } b: posts(search: "x", first: 101) { nodes { title } } }',
      {},
    ),
  );
});
