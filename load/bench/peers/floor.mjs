// The lower bound, without GraphQL: each of the bench's queries is recognized by its text, and answered with one
// statement and JSON.stringify.
import { createServer } from "node:http";

import { cursorOf, pageOf, postOf, viewerOf } from "./store.mjs";

const documents = JSON.parse(process.env.DOCUMENTS);

const iso = (instant) => new Date(instant).toISOString();
const plain = ({ id, title, content, published, createdAt, author }) => ({
  id,
  title,
  content,
  published,
  createdAt: iso(createdAt),
  author,
});
const withVotes = (post) => ({ ...plain(post), voteCount: post.voteCount, viewerHasVoted: post.viewerHasVoted });

const answers = {
  [documents.typename]: () => ({ __typename: "Query" }),
  [documents.me]: (viewer) => ({ me: viewer }),
  [documents.post]: (viewer, { id }) => {
    const post = postOf(viewer, id);
    return { post: post && plain(post) };
  },
  [documents.page]: (viewer) => ({ posts: { nodes: pageOf(viewer, 20).nodes.map(plain) } }),
  [documents.fullPage]: (viewer) => {
    const { nodes, hasNextPage } = pageOf(viewer, 20);
    const endCursor = nodes.length === 0 ? null : cursorOf(nodes.at(-1));
    return { posts: { nodes: nodes.map(withVotes), pageInfo: { hasNextPage, endCursor } } };
  },
};

const server = createServer((request, response) => {
  const chunks = [];
  request.on("data", (chunk) => chunks.push(chunk));
  request.on("end", () => {
    const viewer = viewerOf(request.headers.authorization);
    const { query, variables } = JSON.parse(chunks.length === 1 ? chunks[0] : Buffer.concat(chunks));
    if (viewer === undefined || !Object.hasOwn(answers, query)) {
      response.writeHead(viewer === undefined ? 401 : 400).end();
      return;
    }
    const body = Buffer.from(JSON.stringify({ data: answers[query](viewer, variables) }));
    response.writeHead(200, { "content-type": "application/json; charset=utf-8", "content-length": body.length });
    response.end(body);
  });
});
server.listen(0, "127.0.0.1", () =>
  console.log(JSON.stringify({ graphql: `http://127.0.0.1:${server.address().port}/graphql` })),
);
