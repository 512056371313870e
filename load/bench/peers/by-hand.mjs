// A server that an experienced engineer would write for these operations alone, with the same checks as Postern's:
// Mercurius, graphql-jit, better-sqlite3.
import { fastify } from "fastify";
import { GraphQLScalarType } from "graphql";
import mercurius from "mercurius";

import { createPost, logIn, pageOf, postOf, viewerOf } from "./store.mjs";

const schema = `
  scalar DateTime
  type User { id: ID! name: String! }
  type Post {
    id: ID! title: String! content: String! published: Boolean! createdAt: DateTime! author: User!
  }
  type PostConnection { nodes: [Post!]! }
  type PostPayload { post: Post! }
  type SessionPayload { accessToken: String! refreshToken: String! tokenType: String! user: User! }
  input CreatePostInput { title: String! content: String! }
  input LoginInput { email: String! password: String! }
  type Query { me: User! post(id: ID!): Post posts(first: Int = 20): PostConnection! }
  type Mutation { createPost(input: CreatePostInput!): PostPayload! login(input: LoginInput!): SessionPayload! }
`;

function requireViewer({ viewer }) {
  if (viewer === undefined) throw new mercurius.ErrorWithProps("Could not validate credentials", {}, 401);
  return viewer;
}

const resolvers = {
  DateTime: new GraphQLScalarType({ name: "DateTime", serialize: (instant) => new Date(instant).toISOString() }),
  Query: {
    me: (_root, _args, context) => requireViewer(context),
    post: (_root, { id }, context) => postOf(requireViewer(context), id),
    posts: (_root, { first }, context) => ({ nodes: pageOf(requireViewer(context), first) }),
  },
  Mutation: {
    createPost: (_root, { input }, context) => ({ post: createPost(requireViewer(context), input) }),
    login: (_root, { input }, client) => logIn(input, client),
  },
};

const app = fastify({ trustProxy: "loopback" });
app.register(mercurius, {
  schema,
  resolvers,
  jit: 1,
  context: ({ headers, ip }) => ({
    viewer: viewerOf(headers.authorization),
    agent: headers["user-agent"] ?? null,
    address: ip,
  }),
});
await app.listen({ port: 0, host: "127.0.0.1" });
console.log(JSON.stringify({ graphql: `http://127.0.0.1:${app.server.address().port}/graphql` }));
