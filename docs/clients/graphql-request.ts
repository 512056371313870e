import { GraphQLClient } from "graphql-request";
import { createSession, type SessionOptions } from "postern/client";

export function createClient(options: SessionOptions) {
  const session = createSession(options);
  return { session, client: new GraphQLClient(session.url, { fetch: session.fetch }) };
}
