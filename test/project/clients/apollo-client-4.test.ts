import { CombinedGraphQLErrors, gql } from "@apollo/client/core";
import { expect, test } from "vitest";

import { createClient } from "../../../docs/clients/apollo-client.js";
import { apolloUnderTest } from "../../support/apollo.js";
import { describeSessions } from "../../support/client-scenarios.js";

describeSessions("Apollo Client 4", (options) =>
  apolloUnderTest({ createClient, gql }, options, (failure) =>
    CombinedGraphQLErrors.is(failure) ? failure.errors[0]?.extensions?.["code"] : undefined,
  ),
);

test("is version 4", () => {
  const { client } = createClient({ url: "/graphql" });
  expect(client.version).toMatch(/^4\./);
});
