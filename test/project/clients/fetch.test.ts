import { createClient } from "../../../docs/clients/fetch.js";
import { describeSessions, operations, type Tokens } from "../../support/client-scenarios.js";

describeSessions("plain fetch", (options) => {
  const { request, session } = createClient(options);
  return {
    signIn: session.signIn,
    signOut: session.signOut,
    codeOf: (failure) => failure.errors?.[0].extensions.code,
    register: async (input) => (await request<{ register: Tokens }>(operations.register, { input })).register,
    logIn: async (input) => (await request<{ login: Tokens }>(operations.logIn, { input })).login,
    createPost: (title) => request(operations.createPost, { input: { title, content: "…" } }),
    titles: async (page) => {
      const { posts } = await request<{ posts: { nodes: { title: string }[] } }>(operations.titles, page);
      return posts.nodes.map(({ title }) => title);
    },
  };
});
