import type { Logger } from "pino";

import type { Clock, Timer } from "./clock.js";
import type { Context, PasswordCost } from "./context.js";
import { startDeadline } from "./database/deadline.js";
import { readerFor, type Reader } from "./database/reader.js";
import type { transactionsOn } from "./database/transaction.js";
import { KnownError } from "./errors.js";
import { measureAnswer, type MeasuredAnswer } from "./operation/answer-size.js";
import { addressKeyOf } from "./session/address.js";
import { authenticate } from "./session/authenticate.js";
import { viewerLookup } from "./session/viewer-lookup.js";
import type { SessionRules } from "./config/session-rules.js";

/** What an operation needs to know of the request that carries it. */
export type Caller = {
  /** Each Authorization header, none being an empty list. */
  readonly authorization: readonly string[];
  readonly userAgent: string | null;
  /** The client's IP address; null where there is none. */
  readonly address: string | null;
  /** Joins what an operation logs with its request. */
  readonly requestId?: string;
  /** Is given what ends the operation, to be called when nobody waits for its answer any more. */
  readonly onceGone?: (end: () => void) => void;
  /** Takes room for so many bytes of the answer among all that are under way, or throws. */
  readonly takeRoom?: (bytes: number, party: string) => void;
  /** Takes JSON for places of the answer; for a caller that makes text of the answer anyway. */
  readonly placeJson?: Context["placeJson"];
};

/** A context, with what only those that carry operations need of it. */
export type OperationContext = Context & {
  readonly answer: MeasuredAnswer;
  /** Whoever has turns: the user, or the address of who isn't signed in. */
  readonly party: string;
};

const longestUserAgent = 300;

/**
 * Makes the context factory: it reads the clock once, and records what the credential is worth without ever throwing
 * for it. The operation's time begins here, before the credential is looked up.
 *
 * @throws KnownError `TIMEOUT` where the look-up takes that long.
 */
export function contextFactory(parts: {
  readonly clock: Clock;
  readonly timer: Timer;
  readonly operationTimeoutSeconds: number;
  readonly maxAnswerBytes: number;
  readonly reader: Reader;
  readonly transactions: ReturnType<typeof transactionsOn>;
  readonly sessionRules: SessionRules;
  readonly passwordCost: PasswordCost;
  readonly publicReads: boolean;
  readonly log: Logger;
}): (caller: Caller) => Promise<OperationContext> {
  const { clock, timer, operationTimeoutSeconds, reader, transactions, sessionRules, passwordCost, publicReads, log } =
    parts;
  const lookUp = viewerLookup((statement) => reader.credentials(statement));
  return async ({ authorization, userAgent, address, requestId, onceGone, takeRoom, placeJson }) => {
    const now = clock();
    const { signal, lift, end } = startDeadline(timer, operationTimeoutSeconds);
    onceGone?.(() => end(new KnownError("SERVICE_UNAVAILABLE", "The client has gone")));
    const addressKey = addressKeyOf(address);
    const auth = await authenticate(
      (userId, sessionId) => lookUp(userId, sessionId, signal),
      authorization,
      sessionRules,
      now,
    ).catch((error: unknown) => {
      lift();
      throw error;
    });
    const party = auth.state === "viewer" ? auth.viewer.userId : addressKey;
    return {
      now,
      auth,
      party,
      reader: readerFor(reader, { party, signal }),
      transaction: transactions({ party, signal }),
      signal,
      client: {
        userAgent: userAgent?.slice(0, longestUserAgent) ?? null,
        address,
        addressKey,
        note: (event) => log.info({ requestId, ...event, address }, "session"),
      },
      sessionRules,
      passwordCost,
      publicReads,
      answer: measureAnswer(parts.maxAnswerBytes, (bytes) => takeRoom?.(bytes, party)),
      placeJson,
      liftDeadline: lift,
      openedBy: new Map(),
      outcome: { operationName: undefined, isMutation: false, rootFieldNames: [], error: undefined, rootFields: [] },
    };
  };
}
