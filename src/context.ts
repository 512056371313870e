import type { EntityManager } from "@mikro-orm/core";

import type { Auth, Viewer } from "./auth.js";
import type { Clock } from "./clock.js";
import type { Database } from "./database.js";
import { judgeCredential, type SessionRules } from "./session/session.service.js";

/** What an operation needs to know of the request that carries it. */
export type Caller = {
  /** Each Authorization header, none being an empty list. */
  readonly authorization: readonly string[];
  readonly userAgent: string | null;
};

/** What resolvers are given: one instant, one EntityManager and one judgement of the credential for the operation. */
export type Context = {
  readonly now: Date;
  readonly em: EntityManager;
  readonly auth: Auth;
  readonly origin: { readonly userAgent: string | null };
  readonly sessionRules: SessionRules;
  readonly publicReads: boolean;
  /** The viewers of sessions that this operation opened, by the response key of the root field that did. */
  readonly openedBy: Map<string | number, Viewer>;
  /** How the operation goes, noted for the answer's status and for the log. */
  readonly course: {
    operationName: string | undefined;
    /** What each root field that was begun comes to. */
    readonly rootFields: Promise<unknown>[];
  };
};

const longestUserAgent = 300;

/**
 * Makes the context factory: it reads the clock once, and records what the credential is worth without ever
 * throwing for it.
 */
export function contextFactory(parts: {
  readonly clock: Clock;
  readonly database: Database;
  readonly sessionRules: SessionRules;
  readonly publicReads: boolean;
}): (caller: Caller) => Promise<Context> {
  const { clock, database, sessionRules, publicReads } = parts;
  return async ({ authorization, userAgent }) => {
    const now = clock();
    const em = database.em.fork();
    return {
      now,
      em,
      auth: await judgeCredential(em, authorization, sessionRules, now),
      origin: { userAgent: userAgent?.slice(0, longestUserAgent) ?? null },
      sessionRules,
      publicReads,
      openedBy: new Map(),
      course: { operationName: undefined, rootFields: [] },
    };
  };
}
