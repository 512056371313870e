import type { Logger } from "pino";

import { accountKeyOf } from "../features/account/account-key.js";
import type { Auth } from "../kit/auth.js";
import type { Clock, Timer } from "../foundation/clock.js";
import type { Context, PasswordCost, SessionEvent } from "../kit/context.js";
import { startDeadline } from "../foundation/fairness/deadline.js";
import { readerFor, type Reader } from "../database/reader.js";
import type { transactionsOn } from "../database/transaction.js";
import { KnownError } from "../foundation/errors.js";
import { measureAnswer, type MeasuredContext } from "./answer-size.js";
import { addressKeyOf } from "../foundation/fairness/address.js";
import { authenticate } from "../features/session/authenticate.js";
import { viewerLookup } from "../features/session/viewer-lookup.js";
import type { SessionRules } from "../foundation/config/session-rules.js";
import type { OperationSpan } from "../foundation/tracing/span.js";

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
  /** For a caller that can be told of what happens from now on. */
  readonly live?: Context["live"];
  /** The operation's, which who begins it ends, where it is traced. */
  readonly span?: OperationSpan | undefined;
};

/** A context, with what only those that carry operations need of it. */
export type OperationContext = MeasuredContext & {
  /** Whoever has turns: the user, or the address of who isn't signed in. */
  readonly party: string;
};

const longestUserAgent = 300;

/** Makes contexts. Each reads the clock once, and an operation's time begins with it. */
export type ContextFactory = {
  /**
   * The context of what a caller asks: it records what the credential is worth, and never throws for it.
   *
   * @throws KnownError `TIMEOUT` where looking the credential up takes that long.
   */
  readonly createContext: (caller: Caller) => Promise<OperationContext>;
  /** The context of what is sent to somebody whose credential is watched, so that it is good without being looked up. */
  readonly contextOf: (caller: Omit<Caller, "authorization">, auth: Auth) => OperationContext;
};

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
  readonly postsPerHour: number;
  readonly log: Logger;
  /** Is told of what happens to accounts and sessions, as the log is. */
  readonly onSessionEvent?: ((event: SessionEvent) => void) | undefined;
}): ContextFactory {
  const { clock, timer, operationTimeoutSeconds, reader, transactions, sessionRules, passwordCost, publicReads, log } =
    parts;
  const lookUp = viewerLookup(reader.credentials);

  const begin = ({ onceGone }: Pick<Caller, "onceGone">) => {
    const now = clock();
    const deadline = startDeadline(timer, operationTimeoutSeconds);
    onceGone?.(() => deadline.end(new KnownError("SERVICE_UNAVAILABLE", "The client has gone")));
    return { now, ...deadline };
  };
  const complete = (
    { userAgent, address, requestId, takeRoom, placeJson, live, span }: Omit<Caller, "authorization">,
    auth: Auth,
    { now, signal, lift }: ReturnType<typeof begin>,
  ): OperationContext => {
    const addressKey = addressKeyOf(address);
    const party = auth.state === "viewer" ? auth.viewer.userId : addressKey;
    return {
      now,
      auth,
      party,
      span,
      reader: readerFor(reader, { party, signal, span }),
      transaction: transactions({ party, signal, now, span }),
      signal,
      client: {
        userAgent: userAgent?.slice(0, longestUserAgent) ?? null,
        address,
        addressKey,
        accountKeyOf: (email) => accountKeyOf(email, sessionRules.keys),
        note(event) {
          log.info({ requestId, ...event, address }, "session");
          parts.onSessionEvent?.(event);
        },
      },
      sessionRules,
      passwordCost,
      publicReads,
      postsPerHour: parts.postsPerHour,
      answer: measureAnswer(parts.maxAnswerBytes, (bytes) => takeRoom?.(bytes, party)),
      placeJson,
      live,
      liftDeadline: lift,
      openedBy: new Map(),
      outcome: {
        operationName: undefined,
        isMutation: false,
        isSubscription: false,
        rootFieldNames: [],
        error: undefined,
        rootFields: [],
      },
    };
  };

  return {
    async createContext(caller) {
      const begun = begin(caller);
      const auth = await authenticate(
        (userId, sessionId) => lookUp(userId, sessionId, begun.signal, caller.span),
        caller.authorization,
        sessionRules,
        begun.now,
      ).catch((error: unknown) => {
        begun.lift();
        throw error;
      });
      return complete(caller, auth, begun);
    },
    contextOf: (caller, auth) => complete(caller, auth, begin(caller)),
  };
}
