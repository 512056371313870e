import type { EntityManager } from "@mikro-orm/core";
import type { Logger } from "pino";

import type { Auth, Viewer } from "./auth.js";
import type { Clock, Timer } from "./clock.js";
import { putUnder, type Database } from "./database/database.js";
import { startDeadline } from "./database/deadline.js";
import { readerUnder, type OperationReader, type Reader } from "./database/reader.js";
import type { Origin } from "./session/client.js";
import { judgeCredential, type SessionRules } from "./session/session.service.js";

/** What an operation needs to know of the request that carries it. */
export type Caller = {
  /** Each Authorization header, none being an empty list. */
  readonly authorization: readonly string[];
  readonly userAgent: string | null;
  /** The client's IP address; null where there is none. */
  readonly address: string | null;
  /** Joins what an operation logs with its request. */
  readonly requestId?: string;
};

/** What resolvers are given: one instant, one road to write and one to read, one judgement of the credential for the operation. */
export type Context = {
  readonly now: Date;
  readonly em: EntityManager;
  readonly reader: OperationReader;
  readonly auth: Auth;
  readonly origin: Origin;
  readonly sessionRules: SessionRules;
  readonly publicReads: boolean;
  /** Tells that the operation has ended, so that its time limit is of no account any more. */
  readonly liftDeadline: () => void;
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
  readonly timer: Timer;
  readonly operationTimeoutSeconds: number;
  readonly database: Database;
  readonly reader: Reader;
  readonly sessionRules: SessionRules;
  readonly publicReads: boolean;
  readonly log: Logger;
}): (caller: Caller) => Promise<Context> {
  const { clock, timer, operationTimeoutSeconds, database, reader, sessionRules, publicReads, log } = parts;
  return async ({ authorization, userAgent, address, requestId }) => {
    const now = clock();
    const em = database.em.fork();
    // Before the time limit, whose error could be answered by no field.
    const auth = await judgeCredential(em, reader, authorization, sessionRules, now);
    const { signal, lift } = startDeadline(timer, operationTimeoutSeconds);
    putUnder(signal, em);
    return {
      now,
      em,
      reader: readerUnder(reader, signal),
      auth,
      origin: {
        userAgent: userAgent?.slice(0, longestUserAgent) ?? null,
        address,
        note: (event) => log.info({ requestId, ...event, address }, "session"),
      },
      sessionRules,
      publicReads,
      liftDeadline: lift,
      openedBy: new Map(),
      course: { operationName: undefined, rootFields: [] },
    };
  };
}
