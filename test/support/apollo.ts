import type * as Apollo from "@apollo/client/core";

import type * as Documented from "../../docs/clients/apollo-client.js";
import { operations, type ClientOptions, type ClientUnderTest } from "./client-scenarios.js";

/** Makes a client as in the documentation, with Apollo Client 3 or 4. */
export function apolloUnderTest(
  { createClient, gql }: Pick<typeof Documented, "createClient"> & Pick<typeof Apollo, "gql">,
  options: ClientOptions,
  codeOf: ClientUnderTest["codeOf"],
) {
  const { client, session } = createClient(options);
  return {
    signIn: session.signIn,
    signOut: session.signOut,
    clear: () => client.clearStore(),
    codeOf,
    register: async (input) => {
      const { data } = await client.mutate<any>({ mutation: gql(operations.register), variables: { input } });
      return data.register;
    },
    logIn: async (input) => {
      const { data } = await client.mutate<any>({ mutation: gql(operations.logIn), variables: { input } });
      return data.login;
    },
    createPost: (title) =>
      client.mutate({ mutation: gql(operations.createPost), variables: { input: { title, content: "…" } } }),
    titles: async (variables) => {
      const { data } = await client.query<any>({ query: gql(operations.titles), variables });
      return data.posts.nodes.map((post: { title: string }) => post.title);
    },
  } satisfies ClientUnderTest;
}
