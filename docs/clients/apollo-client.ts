import { ApolloClient, InMemoryCache } from "@apollo/client/core";
import { createSession, type SessionOptions } from "postern/client";
import { sessionLink } from "postern/client/apollo";

export function createClient(options: SessionOptions) {
  const session = createSession(options);
  return { session, client: new ApolloClient({ cache: new InMemoryCache(), link: sessionLink(session) }) };
}
