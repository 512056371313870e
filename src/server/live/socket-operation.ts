import { MessageType } from "graphql-ws";
import type { GraphQLFormattedError } from "graphql";

import { idsOf } from "../../kit/auth.js";
import { KnownError } from "../../foundation/errors.js";
import type { EventAnswer } from "../../graphql/execute-event.js";
import { requestOf } from "../../graphql/graphql-request.js";
import { firstError, jsonOf, type Outcome } from "../../graphql/outcome.js";
import type { RequestCaller } from "../endpoint/caller.js";
import type { ConnectionCredential } from "./connection-credential.js";
import { framed, type Outbox, type SendOptions } from "./outbox.js";
import { runOperation } from "./run-operation.js";
import type { SocketServer } from "./socket-server.js";
import type { Sink } from "./event-queue.js";
import type { Subscription } from "./subscriptions.js";

/** An operation of a socket, until it is complete. */
export type SocketOperation = {
  /** Resolves when it has been answered, or when its subscription has started. */
  readonly answered: Promise<void>;
  /** Ends it, because its client wants no more answers. */
  readonly end: () => void;
};

/** The socket as its operations see it. */
export type OperationSocket = {
  readonly client: RequestCaller;
  readonly credentialState: ConnectionCredential;
  readonly outbox: Outbox;
  /** Whether answers may be sent. */
  isOpen(): boolean;
  /** Whether events may be sent. */
  isLive(): boolean;
  readonly cut: () => void;
  /** Closes the socket. Its client comes back later and goes on from its last cursor. */
  turnAway(): void;
};

/** The request that a socket's operation was started with. */
type Asked = { readonly id: string; readonly payload: Readonly<Record<string, unknown>> };

/** Runs an operation of a socket and sends its answers. */
export function startOperation(
  server: SocketServer,
  socket: OperationSocket,
  { id, payload }: Asked,
  onComplete: () => void,
): SocketOperation {
  const operation = new RunningOperation(server, socket, id, onComplete);
  return { answered: operation.run(payload), end: () => operation.end() };
}

class RunningOperation {
  private readonly quotedId: string;
  private subscription: Subscription | undefined;
  private cancel: (() => void) | undefined;
  private isComplete = false;

  constructor(
    private readonly server: SocketServer,
    private readonly socket: OperationSocket,
    private readonly id: string,
    private readonly onComplete: () => void,
  ) {
    this.quotedId = JSON.stringify(id);
  }

  /** @param payload is not kept as long as the subscription. */
  async run(payload: Asked["payload"]): Promise<void> {
    try {
      await this.execute(payload);
    } catch (error) {
      if (!this.isComplete && this.socket.isOpen()) this.fail([this.server.formatError({ message: "" }, error)]);
      this.complete();
    }
  }

  end(): void {
    this.cancel?.();
    this.subscription?.close();
    this.complete();
  }

  private async execute(payload: Asked["payload"]): Promise<void> {
    const { server, socket } = this;
    const { client, credentialState, outbox } = socket;
    const asked = requestOf(payload, server.trustedDocuments);
    const caller = { ...client, authorization: credentialState.authorization };
    const { outcome, subscription } = await runOperation(server, asked, caller, {
      onStart: (cancel) => (this.cancel = cancel),
      cut: socket.cut,
      auth: () => credentialState.auth,
      sink: this.sink(),
    });
    this.subscription = subscription;
    recordOperation(server, socket, outcome);
    const json = jsonOf(outcome);
    if (this.isComplete || !socket.isOpen()) subscription?.close();
    else if (isRequestError(outcome)) this.fail(outcome.errors!);
    else if (subscription !== undefined) {
      if (!subscription.isResumed) this.next(json, { isEvent: true });
      return subscription.start();
    } else if (this.next(json, { evenWithoutRoom: outcome.kind === "mutation" }))
      outbox.send([`{"id":${this.quotedId},"type":"${MessageType.Complete}"}`]);
    else throw new KnownError("SERVICE_UNAVAILABLE", "Too many answers wait for this client; try again in a moment");
    this.complete();
  }

  private sink(): Omit<Sink, "execute"> {
    const { socket } = this;
    const isLive = () => !this.isComplete && socket.isLive();
    return {
      clientKey: socket.credentialState.clientKey,
      room: socket.outbox.room,
      isBehind: socket.outbox.isBehind,
      send: (answer) => {
        if (isLive() && !this.next(answer, { isEvent: true })) socket.turnAway();
      },
      turnAway: () => {
        if (isLive()) socket.turnAway();
      },
    };
  }

  /** Another operation may have its id from now on. */
  private complete(): void {
    if (!this.isComplete) this.onComplete();
    this.isComplete = true;
  }

  private next(answer: EventAnswer, options: SendOptions): boolean {
    const before = `{"id":${this.quotedId},"type":"${MessageType.Next}","payload":`;
    return this.socket.outbox.send(framed(before, answer, "}"), options);
  }

  private fail(errors: readonly GraphQLFormattedError[]): void {
    this.socket.outbox.send([JSON.stringify({ id: this.id, type: MessageType.Error, payload: errors })]);
  }
}

/** Reports whether a result is sent as an error message, because nothing was executed or no subscription started. */
const isRequestError = ({ errors, hasData, kind }: Outcome): boolean =>
  errors !== undefined && (!hasData || kind === "subscription");

/** Writes the log line of an operation and counts it. */
function recordOperation(
  { log, metrics }: SocketServer,
  { client: { requestId, address }, credentialState: { auth } }: OperationSocket,
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
