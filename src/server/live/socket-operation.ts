import { MessageType } from "graphql-ws";
import type { GraphQLFormattedError } from "graphql";

import { idsOf } from "../../kit/auth.js";
import { KnownError } from "../../foundation/errors.js";
import type { EventAnswer } from "../../graphql/execute-event.js";
import { requestOf } from "../../graphql/graphql-request.js";
import type { RequestCaller } from "../endpoint/caller.js";
import type { HeldCredential } from "./held-credential.js";
import { operate } from "./operator.js";
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
  readonly held: HeldCredential;
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
  let endOperation: (() => void) | undefined;
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
    const outcome = await operate(server, asked, {
      ...client,
      authorization: held.authorization,
      onceGone: (end) => (endOperation = end),
      cut,
      auth: () => held.auth,
      sink: {
        room: outbox.room,
        isBehind: outbox.isBehind,
        send(answer) {
          if (!isGone && isLive() && !next(answer, { isEvent: true })) turnAway();
        },
        turnAway() {
          if (!isGone && isLive()) turnAway();
        },
      },
    });
    const { operationName = null, isMutation = false, error } = outcome.context?.outcome ?? {};
    const { traceId } = outcome.context?.span ?? {};
    server.log.info(
      {
        requestId: client.requestId,
        ...(traceId !== undefined && { traceId }),
        operation: operationName,
        ...idsOf(held.auth),
        address: client.address,
        ...error,
      },
      "socket operation",
    );
    const code = error?.code ?? outcome.refusal?.[0]?.extensions?.["code"];
    server.metrics?.socketOperation(outcome.context?.outcome ?? server.nameOf(asked), code, error?.reason);
    ({ subscription } = outcome);
    if (isGone || !isOpen()) subscription?.close();
    else if (outcome.refusal !== undefined) fail(outcome.refusal);
    else if (subscription !== undefined) {
      if (!subscription.isResumed) next(outcome.json, { isEvent: true });
      return subscription.start();
    } else if (next(outcome.json, { evenWithoutRoom: isMutation }))
      outbox.send([`{"id":${quotedId},"type":"${MessageType.Complete}"}`]);
    else throw new KnownError("SERVICE_UNAVAILABLE", "Too much is on its way to this client");
    complete();
  };
  const answered = run(payload).catch((error: unknown) => {
    if (!isGone && isOpen()) fail([server.formatError({ message: "" }, error)]);
    complete();
  });
  return {
    answered,
    end() {
      endOperation?.();
      subscription?.close();
      complete();
    },
  };
}
