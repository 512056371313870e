import { ApolloClient, ApolloLink, CombinedGraphQLErrors, InMemoryCache } from "@apollo/client/core";
import { expect, test } from "vitest";

import { apolloUnderTest } from "../support/apollo.js";
import { describeSessions } from "../support/client-scenarios.js";

describeSessions("Apollo Client 4", (options) =>
  apolloUnderTest(options, (failure) =>
    CombinedGraphQLErrors.is(failure) ? failure.errors[0]?.extensions?.["code"] : undefined,
  ),
);

test("is version 4", () => {
  const client = new ApolloClient({ cache: new InMemoryCache(), link: ApolloLink.empty() });
  expect(client.version).toMatch(/^4\./);
});
