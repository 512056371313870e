import { ApolloClient, InMemoryCache } from "@apollo/client";
import { createSession, webStore, type EndReason, type Tokens } from "postern/client";
import { sessionLink } from "postern/client/apollo";
import { createLiveClient } from "postern/client/live";
import { useSyncExternalStore } from "react";

import { logOutDocument } from "./documents.js";

/** Whether somebody is signed in, or the reason why the session has ended. */
type Standing = "signed in" | "signed out" | EndReason;

const session = createSession({
  url: "/graphql",
  // A reload stays signed in, and so do all tabs.
  store: webStore(),
  onSignedOut: (reason) => void stand(reason),
});

export const client = new ApolloClient({
  cache: new InMemoryCache(),
  link: sessionLink(session, createLiveClient({ session })),
});

let standing: Standing = session.isSignedIn() ? "signed in" : "signed out";
const listeners = new Set<() => void>();

async function stand(now: Standing): Promise<void> {
  standing = now;
  for (const listener of listeners) listener();
  // The cache holds what its user could see.
  if (now !== "signed in") await client.clearStore();
}

export async function signIn(tokens: Tokens): Promise<void> {
  await session.signIn(tokens);
  await stand("signed in");
}

/** Ends the session on the server, and signs out here even if the server can't be reached. */
export async function signOut(): Promise<void> {
  await client.mutate({ mutation: logOutDocument }).catch(() => {});
  await session.signOut();
  await stand("signed out");
}

const subscribe = (listener: () => void) => {
  listeners.add(listener);
  return () => listeners.delete(listener);
};

export const useStanding = (): Standing => useSyncExternalStore(subscribe, () => standing);
