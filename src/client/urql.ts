import { cacheExchange, fetchExchange, subscriptionExchange, type ClientOptions } from "@urql/core";
import type { Client, Sink } from "graphql-ws/client";

import type { Session } from "./session.js";

/**
 * The options of an urql client whose requests a session signs, with urql's own exchanges.
 *
 * @param live what subscriptions go by, of `postern/client/live`.
 */
export function sessionOptions(session: Pick<Session, "url" | "fetch">, live?: Client): ClientOptions {
  return {
    url: session.url,
    fetch: session.fetch,
    exchanges: [cacheExchange, ...(live === undefined ? [] : [subscriptionsBy(live)]), fetchExchange],
  };
}

const subscriptionsBy = (live: Client) =>
  subscriptionExchange({
    forwardSubscription: ({ query = "", variables }) => ({
      subscribe: (sink) => ({
        unsubscribe: live.subscribe({ query, variables: variables as Record<string, unknown> }, sink as Sink),
      }),
    }),
  });
