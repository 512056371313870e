import { ClientError } from "graphql-request";

import { createClient } from "../../../docs/clients/graphql-request.js";
import { describeSessions, operations } from "../../support/client-scenarios.js";

describeSessions("graphql-request", (options) => {
  const { client, session } = createClient(options);
  return {
    signIn: session.signIn,
    signOut: session.signOut,
    codeOf: (failure) =>
      failure instanceof ClientError ? failure.response.errors?.[0]?.extensions["code"] : undefined,
    register: async (input) => (await client.request(operations.register, { input })).register,
    logIn: async (input) => (await client.request(operations.logIn, { input })).login,
    createPost: (title) => client.request(operations.createPost, { input: { title, content: "…" } }),
    titles: async (page) => (await client.request(operations.titles, page)).posts.nodes.map((post: any) => post.title),
  };
});
