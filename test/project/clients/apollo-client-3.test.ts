import { ApolloClient, gql, InMemoryCache, type ApolloLink } from "apollo-client-3/core";
import { expect, test, vi } from "vitest";

import type * as Documented from "../../../docs/clients/apollo-client.js";
import type * as Adapter from "../../../src/client/apollo.js";
import { createSession, type SessionOptions } from "../../../src/client/session.js";
import { apolloUnderTest } from "../../support/apollo.js";
import { describeSessions } from "../../support/client-scenarios.js";

// The adapter once more, with the other version behind the same names.
vi.doMock("@apollo/client/core", () => import("apollo-client-3/core"));
vi.doMock("@apollo/client/link/subscriptions", () => import("apollo-client-3/link/subscriptions"));
const file = "../../../src/client/apollo.js?apollo-client-3";
const { sessionLink } = (await import(/* @vite-ignore */ file)) as typeof Adapter;
vi.doUnmock("@apollo/client/core");
vi.doUnmock("@apollo/client/link/subscriptions");

/** As the file of the documentation has it. */
function createClient(options: SessionOptions) {
  const session = createSession(options);
  const link = sessionLink(session) as unknown as ApolloLink;
  return { session, client: new ApolloClient({ cache: new InMemoryCache(), link }) };
}

describeSessions("Apollo Client 3", (options) =>
  apolloUnderTest(
    { createClient: createClient as unknown as (typeof Documented)["createClient"], gql },
    options,
    (failure) => failure.graphQLErrors?.[0]?.extensions.code ?? failure.networkError?.result?.errors[0].extensions.code,
  ),
);

test("is version 3.14", () => {
  const { client } = createClient({ url: "/graphql" });
  expect(client.version).toMatch(/^3\.14\./);
});
