import { ApolloLink, HttpLink } from "@apollo/client/core";
import { GraphQLWsLink } from "@apollo/client/link/subscriptions";
import { OperationTypeNode } from "graphql";
import type { Client } from "graphql-ws/client";

import type { Session } from "./session.js";

/**
 * The link of an Apollo Client, 3.14 or 4, whose requests a session signs.
 *
 * @param live what subscriptions go by, of `postern/client/live`.
 */
export function sessionLink(session: Pick<Session, "url" | "fetch">, live?: Client): ApolloLink {
  const http = new HttpLink({ uri: session.url, fetch: session.fetch });
  if (live === undefined) return http;
  return ApolloLink.split(
    ({ query }) =>
      query.definitions.some((one) => "operation" in one && one.operation === OperationTypeNode.SUBSCRIPTION),
    new GraphQLWsLink(live),
    http,
  );
}
