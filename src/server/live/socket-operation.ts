import { MessageType } from "graphql-ws";
import type { GraphQLFormattedError } from "graphql";

import { idsOf } from "../../kit/auth.js";
import { KnownError } from "../../foundation/errors.js";
import type { EventAnswer } from "../../graphql/execute-event.js";
import { requestOf } from "../../graphql/graphql-request.js";
import { firstError, type Outcome } from "../../graphql/outcome.js";
import type { RequestCaller } from "../endpoint/caller.js";
import type { ConnectionCredential } from "./connection-credential.js";
import { runOperation } from "./run-operation.js";
import { around, type Outbox, type SendOptions } from "./outbox.js";
import type { SocketServer } from "./socket-server.js";
import type { Subscription } from "./subscriptions.js";

/** An operation that a socket has asked for, until it is complete. */
export type SocketOperation = {
  /** Resolves when it has been answered; a subscription when it has begun. */
  readonly answered: Promise<void>;
  /** The client wants to know no more. */
  readonly end: () => void;
};

/** What an operation needs of its socket. */
export type OperationSocket = {
  readonly client: RequestCaller;
  readonly held: ConnectionCredential;
  readonly outbox: Outbox;
  /** Whether anything may leave that was asked for before. */
  readonly isOpen: () => boolean;
  /** Whether events may leave. */
  readonly isLive: () => boolean;
  readonly cut: () => void;
  /** The client is to come back later, and go on from its last cursor. */
  readonly turnAway: () => void;
};

/** Runs an operation of a socket, and sends what it comes to. */
export function beginOperation(
  server: SocketServer,
  socket: OperationSocket,
  { id, payload }: { readonly id: string; readonly payload: Readonly<Record<string, unknown>> },
  onComplete: () => void,
): SocketOperation {
  const { client, held, outbox, isOpen, isLive, cut, turnAway } = socket;
  const quotedId = JSON.stringify(id);
  let subscription: Subscription | undefined;
  let isGone = false;
  let cancelOperation: (() => void) | undefined;
  /** Its id may be another operation's from then on. */
  const complete = () => {
    if (!isGone) onComplete();
    isGone = true;
  };

  const next = (answer: EventAnswer, how: SendOptions) =>
    outbox.send(around(`{"id":${quotedId},"type":"${MessageType.Next}","payload":`, answer, "}"), how);
  const fail = (errors: readonly GraphQLFormattedError[]) =>
    outbox.send([JSON.stringify({ id, type: MessageType.Error, payload: errors })]);

  // Given what was asked, which isn't kept as long as a subscription.
  const run = async (parameters: Readonly<Record<string, unknown>>): Promise<void> => {
    const asked = requestOf(parameters, server.trustedDocuments);
    const ran = await runOperation(
      server,
      asked,
      { ...client, authorization: held.authorization },
      {
        onStart: (cancel) => (cancelOperation = cancel),
        cut,
        auth: () => held.auth,
        sink: {
          clientKey: held.clientKey,
          room: outbox.room,
          isBehind: outbox.isBehind,
          send(answer) {
            if (!isGone && isLive() && !next(answer, { isEvent: true })) turnAway();
          },
          turnAway() {
            if (!isGone && isLive()) turnAway();
          },
        },
      },
    );
    const { outcome } = ran;
    ({ subscription } = ran);
    recordOperation(server, client, held, outcome);
    const json = outcome.body.join("").trimEnd();
    if (isGone || !isOpen()) subscription?.close();
    else if (isRequestError(outcome)) fail(outcome.errors!);
    else if (subscription !== undefined) {
      if (!subscription.isResumed) next(json, { isEvent: true });
      return subscription.start();
    } else if (next(json, { evenWithoutRoom: outcome.kind === "mutation" }))
      outbox.send([`{"id":${quotedId},"type":"${MessageType.Complete}"}`]);
    else throw new KnownError("SERVICE_UNAVAILABLE", "The client has too many answers to read; try again in a moment");
    complete();
  };
  const answered = run(payload).catch((error: unknown) => {
    if (!isGone && isOpen()) fail([server.formatError({ message: "" }, error)]);
    complete();
  });
  return {
    answered,
    end() {
      cancelOperation?.();
      subscription?.close();
      complete();
    },
  };
}

/** Reports whether a result is sent as an error message, because nothing was executed or no subscription started. */
const isRequestError = ({ errors, hasData, kind }: Outcome): boolean =>
  errors !== undefined && (!hasData || kind === "subscription");

/** Writes the log line of an operation, and counts it. */
function recordOperation(
  { log, metrics }: SocketServer,
  { requestId, address }: RequestCaller,
  { auth }: ConnectionCredential,
  outcome: Outcome,
): void {
  const { traceId, operationName = null } = outcome;
  const error = firstError(outcome);
  log.info(
    {
      requestId,
      ...(traceId !== undefined && { traceId }),
      operation: operationName,
      ...idsOf(auth),
      address,
      ...error,
    },
    "socket operation",
  );
  metrics?.socketOperation(outcome, error?.code, error?.reason);
}
