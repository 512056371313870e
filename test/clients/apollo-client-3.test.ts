import { gql } from "apollo-client-3/core";
import { expect, test, vi } from "vitest";

import type * as Documented from "../../docs/clients/apollo-client.js";
import { apolloUnderTest } from "../support/apollo.js";
import { describeSessions } from "../support/client-scenarios.js";

// The same file of the documentation once more, with the other version behind the same name.
vi.doMock("@apollo/client/core", () => import("apollo-client-3/core"));
const file = "../../docs/clients/apollo-client.js?apollo-client-3";
const { createClient } = (await import(/* @vite-ignore */ file)) as typeof Documented;
vi.doUnmock("@apollo/client/core");

describeSessions("Apollo Client 3", (options) =>
  apolloUnderTest(
    { createClient, gql },
    options,
    (failure) => failure.graphQLErrors?.[0]?.extensions.code ?? failure.networkError?.result?.errors[0].extensions.code,
  ),
);

test("is version 3.14", () => {
  const { client } = createClient({ uri: "/graphql", onSignedOut: () => {} });
  expect(client.version).toMatch(/^3\.14\./);
});
