import type { AnyVariables, OperationResult } from "@urql/core";
import { expect, test } from "vitest";

import { createClient } from "../../../docs/clients/urql.js";
import { startApi } from "../../support/api.js";
import { describeSessions, operations, testNetwork, type ClientOptions } from "../../support/client-scenarios.js";

function urqlUnderTest(options: ClientOptions) {
  const { client, session } = createClient(options);
  const dataOf = ({ data, error }: OperationResult) => {
    if (error) throw error;
    return data;
  };
  const mutate = async (mutation: string, variables: AnyVariables) =>
    dataOf(await client.mutation(mutation, variables));
  return {
    signIn: session.signIn,
    signOut: session.signOut,
    codeOf: (failure: any) => failure.graphQLErrors?.[0]?.extensions.code,
    register: async (input: object) => (await mutate(operations.register, { input })).register,
    logIn: async (input: object) => (await mutate(operations.logIn, { input })).login,
    createPost: (title: string) => mutate(operations.createPost, { input: { title, content: "…" } }),
    titles: async (page: AnyVariables) =>
      dataOf(await client.query(operations.titles, page)).posts.nodes.map((post: any) => post.title),
  };
}

describeSessions("urql", urqlUnderTest);

test.each([
  { who: "signed in", publicReads: "false", isSignedIn: true },
  { who: "not signed in, where reads are public", publicReads: "true", isSignedIn: false },
])(
  "short queries are sent by GET, as urql prefers, and answered to a caller $who",
  async ({ publicReads, isSignedIn }) => {
    const api = await startApi({ PUBLIC_READS: publicReads });
    const network = testNetwork();
    const client = urqlUnderTest({
      url: api.url,
      onSignedOut: () => {},
      fetch: network.fetch,
      now: () => api.clock().getTime(),
    });
    const tokens = await client.register({ name: "Ada", email: "ada@example.com", password: "password of Ada" });
    await client.signIn(tokens);
    await client.createPost("Ada's");
    if (!isSignedIn) await client.signOut();

    network.sent.length = 0;
    expect(await client.titles({ first: 1, offset: 0 })).toEqual(["Ada's"]);
    expect(network.sent).toMatchObject([{ method: "GET", status: 200 }]);
  },
);
