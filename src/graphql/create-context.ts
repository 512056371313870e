import type { Logger } from "pino";

import { accountKeyOf } from "../features/account/account-key.js";
import { authenticate } from "../features/session/authenticate.js";
import { sessionLookup } from "../features/session/session-lookup.js";
import type { Auth } from "../kit/auth.js";
import type { Client, Context, FeatureSettings, SessionEvent } from "../kit/context.js";
import { readerFor } from "../database/operation-reader.js";
import type { Reader } from "../database/reader.js";
import type { transactionsOn } from "../database/transaction.js";
import type { Clock, Timer } from "../foundation/clock.js";
import { KnownError } from "../foundation/errors.js";
import { addressKeyOf } from "../foundation/fairness/address.js";
import { startDeadline } from "../foundation/fairness/deadline.js";
import type { OperationSpan } from "../foundation/tracing/span.js";
import { measureAnswer } from "./answer-size.js";
import type { Operation, OperationContext } from "./operation-context.js";
import type { PlacedJson } from "./placed-json.js";
import { RootFieldLog } from "./root-field-log.js";
import type { OnUndeclaredCode } from "./undeclared-codes.js";

/** The sender of an operation. */
export type Caller = {
  /** Each Authorization header; an empty list if there is none. */
  readonly authorization: readonly string[];
  readonly userAgent: string | null;
  /** The client's IP address; null if there is none. */
  readonly address: string | null;
  /** The id that joins the operation's log lines with those of its request. */
  readonly requestId?: string;
};

/** The connection that carries an operation. */
export type Carrier = {
  /** Receives the function that cancels the operation when nobody waits for its response any longer. */
  readonly onStart?: (cancel: () => void) => void;
  /** Reserves bytes of the response among all responses in progress, or throws. */
  readonly takeRoom?: (bytes: number, clientKey: string) => void;
  /** Starts subscriptions; undefined if the connection can carry one response alone. */
  readonly live?: Context["live"];
  /** The tracing span, if tracing is on. */
  readonly span?: OperationSpan | undefined;
};

const longestUserAgent = 300;

/** Makes contexts. Each reads the clock once, and the operation's time limit starts with it. */
export type ContextFactory = {
  /**
   * Makes the context of a caller. It verifies the credential and never throws for it: the context has its state.
   *
   * @param json takes JSON that is copied into the response. Without it, an operation resolves to values.
   * @throws KnownError `TIMEOUT` if the credential's look-up takes too long.
   */
  readonly createContext: (caller: Caller, carrier?: Carrier, json?: PlacedJson) => Promise<OperationContext>;
  /** Makes the context of an event for a subscriber whose credential is being watched, and needs no look-up. */
  readonly contextOf: (caller: Omit<Caller, "authorization">, auth: Auth) => OperationContext;
};

type Deps = {
  readonly clock: Clock;
  readonly timer: Timer;
  readonly operationTimeoutSeconds: number;
  readonly maxAnswerBytes: number;
  readonly reader: Reader;
  readonly transactions: ReturnType<typeof transactionsOn>;
  readonly settings: FeatureSettings;
  readonly log: Logger;
  /** Receives the events of accounts and sessions, as the log does. */
  readonly onSessionEvent?: ((event: SessionEvent) => void) | undefined;
  readonly onUndeclaredCode: OnUndeclaredCode;
};

export function contextFactory(deps: Deps): ContextFactory {
  const lookUp = sessionLookup(deps.reader.credentials);
  return {
    async createContext(caller, carrier = {}, json?: PlacedJson) {
      const started = start(deps, carrier);
      const auth = await authenticate(
        (userId, sessionId) => lookUp(userId, sessionId, started.signal, carrier.span),
        caller.authorization,
        deps.settings.sessionRules,
        started.now,
      ).catch((error: unknown) => {
        started.cancel();
        throw error;
      });
      return contextFor(deps, { caller, carrier, json, auth, started });
    },
    contextOf: (caller, auth) =>
      contextFor(deps, { caller, carrier: {}, json: undefined, auth, started: start(deps, {}) }),
  };
}

/** Reads the clock and starts the time limit. */
function start({ clock, timer, operationTimeoutSeconds }: Deps, { onStart }: Carrier) {
  const now = clock();
  const { signal, cancel, end } = startDeadline(timer, operationTimeoutSeconds);
  onStart?.(() => end(new KnownError("SERVICE_UNAVAILABLE", "The client has gone")));
  return { now, signal, cancel };
}

function contextFor(
  deps: Deps,
  of: {
    readonly caller: Omit<Caller, "authorization">;
    readonly carrier: Carrier;
    readonly json: PlacedJson | undefined;
    readonly auth: Auth;
    readonly started: ReturnType<typeof start>;
  },
): OperationContext {
  const { caller, json, auth } = of;
  const { takeRoom, live, span } = of.carrier;
  const { now, signal, cancel } = of.started;
  const client = clientOf(deps, caller);
  const clientKey = auth.state === "viewer" ? auth.viewer.userId : client.addressKey;
  const answer = measureAnswer(deps.maxAnswerBytes, {
    takesJson: json !== undefined,
    takeRoom: (bytes) => takeRoom?.(bytes, clientKey),
  });
  const operation: Operation = {
    clientKey,
    span,
    json,
    rootFields: new RootFieldLog(),
    onUndeclaredCode: deps.onUndeclaredCode,
    atMost: answer.atMost,
    end: cancel,
    name: undefined,
    kind: undefined,
    rootFieldNames: [],
    failure: undefined,
  };
  return {
    now,
    auth,
    reader: readerFor(deps.reader, { clientKey, signal, span }),
    transaction: deps.transactions({ clientKey, signal, now, span }),
    signal,
    client,
    settings: deps.settings,
    answer,
    live,
    openedBy: new Map(),
    operation,
  };
}

const clientOf = (
  { log, onSessionEvent, settings }: Deps,
  { userAgent, address, requestId }: Omit<Caller, "authorization">,
): Client => ({
  userAgent: userAgent?.slice(0, longestUserAgent) ?? null,
  address,
  addressKey: addressKeyOf(address),
  accountKeyOf: (email) => accountKeyOf(email, settings.sessionRules.keys),
  note(event) {
    log.info({ requestId, ...event, address }, "session");
    onSessionEvent?.(event);
  },
});
