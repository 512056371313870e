// A server that an experienced engineer would write for only these fields: Mercurius, graphql-jit, better-sqlite3.
import { fastify } from "fastify";
import { GraphQLScalarType } from "graphql";
import mercurius from "mercurius";

import { createPost, cursorOf, logIn, pageOf, postOf, viewerOf } from "./store.mjs";

const schema = `
  scalar DateTime
  type User { id: ID! name: String! }
  type Post {
    id: ID! title: String! content: String! published: Boolean! createdAt: DateTime! author: User!
    voteCount: Int! viewerHasVoted: Boolean!
  }
  type PageInfo { hasNextPage: Boolean! endCursor: String }
  type PostConnection { nodes: [Post!]! pageInfo: PageInfo! }
  type PostPayload { post: Post! }
  type SessionPayload { accessToken: String! refreshToken: String! tokenType: String! user: User! }
  input CreatePostInput { title: String! content: String! }
  input LoginInput { email: String! password: String! }
  type Query { me: User! post(id: ID!): Post posts(first: Int = 20, after: String): PostConnection! }
  type Mutation { createPost(input: CreatePostInput!): PostPayload! login(input: LoginInput!): SessionPayload! }
`;

function requireViewer({ viewer }) {
  if (viewer === undefined) throw new mercurius.ErrorWithProps("Could not validate credentials", {}, 401);
  return viewer;
}

const resolvers = {
  DateTime: new GraphQLScalarType({ name: "DateTime", serialize: (instant) => new Date(instant).toISOString() }),
  PostConnection: { pageInfo: (page) => page },
  PageInfo: { endCursor: ({ nodes }) => (nodes.length === 0 ? null : cursorOf(nodes.at(-1))) },
  Query: {
    me: (_root, _args, context) => requireViewer(context),
    post: (_root, { id }, context) => postOf(requireViewer(context), id),
    posts: (_root, { first, after }, context) => pageOf(requireViewer(context), first, after),
  },
  Mutation: {
    createPost: (_root, { input }, context) => ({ post: createPost(requireViewer(context), input) }),
    login: (_root, { input }, { agent }) => logIn(input, agent),
  },
};

const app = fastify();
app.register(mercurius, {
  schema,
  resolvers,
  jit: 1,
  context: ({ headers }) => ({ viewer: viewerOf(headers.authorization), agent: headers["user-agent"] ?? null }),
});
await app.listen({ port: 0, host: "127.0.0.1" });
console.log(JSON.stringify({ graphql: `http://127.0.0.1:${app.server.address().port}/graphql` }));
