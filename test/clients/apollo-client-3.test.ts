import { ApolloClient, ApolloLink, InMemoryCache } from "@apollo/client/core";
import { expect, test, vi } from "vitest";

import { apolloUnderTest } from "../support/apollo.js";
import { describeSessions } from "../support/client-scenarios.js";

// The same file of the documentation, with the other version behind the same name.
vi.mock("@apollo/client/core", () => import("apollo-client-3/core"));

describeSessions("Apollo Client 3", (options) =>
  apolloUnderTest(
    options,
    (failure) => failure.graphQLErrors?.[0]?.extensions.code ?? failure.networkError?.result?.errors[0].extensions.code,
  ),
);

test("is version 3.14", () => {
  expect(new ApolloClient({ cache: new InMemoryCache(), link: ApolloLink.empty() }).version).toMatch(/^3\.14\./);
});
