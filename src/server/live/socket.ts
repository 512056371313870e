import { CloseCode, MessageType, type Message } from "graphql-ws";
import type { WebSocket } from "ws";

import { idsOf } from "../../kit/auth.js";
import { isRecord } from "../../kit/validation.js";
import { KnownError } from "../../foundation/errors.js";
import type { RequestCaller } from "../endpoint/caller.js";
import { ConnectionCredential } from "./connection-credential.js";
import type { Connection } from "./connections.js";
import { authorizationIn, credentialsOf, serviceRestart, tryAgainLater } from "./message.js";
import { Outbox } from "./outbox.js";
import { SocketMessages } from "./socket-messages.js";
import { startOperation, type OperationSocket, type SocketOperation } from "./socket-operation.js";
import type { SocketServer } from "./socket-server.js";

const initMilliseconds = 10_000;
/** A client that doesn't close its side within this time is cut off. */
export const closeMilliseconds = 1000;
// Operations in progress at a session's end are answered if that takes no longer.
const lastAnswersMilliseconds = 500;

/**
 * A socket by the protocol graphql-transport-ws, until its credential ends.
 *
 * @see https://github.com/enisdenjo/graphql-ws/blob/master/PROTOCOL.md
 */
export class Socket implements Connection, OperationSocket {
  readonly outbox: Outbox;
  readonly credentialState: ConnectionCredential;
  /** While it is ending, messages are ignored and no event is sent. */
  private phase: "new" | "verifying" | "open" | "ending" = "new";
  private readonly openedAt: Date;
  private readonly operations = new Map<string, SocketOperation>();
  private readonly cancelTimers = new Set<() => void>();
  private readonly messages: SocketMessages;
  /** Renewals are handled in order, or an older one could come last. */
  private lastPong = Promise.resolve();

  constructor(
    private readonly server: SocketServer,
    private readonly ws: WebSocket,
    readonly client: RequestCaller,
  ) {
    const { clock, parsing: turns, limits } = server;
    this.openedAt = clock();
    this.credentialState = new ConnectionCredential(server, client);
    this.outbox = new Outbox({
      ...server,
      transmit: (part, fin, sent) => ws.send(part, { binary: false, fin }, sent),
      cut: this.cut,
      clientKey: this.clientKey,
    });
    this.messages = new SocketMessages(ws, this.messageHandler(), { clock, turns, ...limits });
  }

  /** Starts to receive messages. */
  open(): void {
    this.messages.listen();
    this.ws.on("close", (code) => this.onClose(code));
    this.server.connections.add(this);
    this.after(initMilliseconds, () => {
      if (this.phase === "new")
        this.close(CloseCode.ConnectionInitialisationTimeout, "Connection initialisation timeout");
    });
  }

  readonly clientKey = (): string => this.credentialState.clientKey();
  readonly credential = () => this.credentialState.credential();
  readonly cut = (): void => this.ws.terminate();

  expire(): void {
    if (this.phase !== "ending") this.reject(this.credentialState.whyExpired());
  }

  endWithSession(): void {
    if (this.phase === "ending") return;
    Promise.all([this.credentialState.whyEnded(), this.lastAnswers()]).then(([error]) => this.reject(error), this.cut);
  }

  verify(): void {
    if (this.phase !== "open") return;
    const rejectIfBad = (error: KnownError | undefined) => {
      if (error !== undefined && this.phase === "open") this.reject(error);
    };
    this.server
      .beginnings(() => this.credentialState.verifyAgain(), { clientKey: this.client.addressKey })
      .then(rejectIfBad, this.cut);
  }

  stop(): void {
    void this.lastAnswers().then(() => this.close(serviceRestart, "The server stops"), this.cut);
  }

  isOpen(): boolean {
    return this.ws.readyState === this.ws.OPEN;
  }

  /** Reports whether events may be sent. Ends the socket if its time is over and no timer has said so yet. */
  isLive(): boolean {
    if (this.phase === "open" && this.credentialState.isOver()) this.expire();
    return this.phase === "open";
  }

  turnAway(): void {
    this.close(tryAgainLater, "Too slow: go on from the last cursor");
  }

  private messageHandler() {
    return {
      isListening: () => this.phase !== "ending",
      onTooFast: () => this.close(CloseCode.TooManyInitialisationRequests, "Too many messages in a second"),
      isBehind: () => this.outbox.isBehind(0),
      onBehind: () => this.turnAway(),
      onMessage: (message: Message | undefined) => this.onMessage(message),
      // The database is away when a credential has to be verified, or too much waits. No message has an answer for that.
      onError: (error: unknown) =>
        this.close(tryAgainLater, String(this.server.formatError({ message: "" }, error).extensions?.["code"])),
      clientKey: this.clientKey,
    };
  }

  private onMessage(message: Message | undefined): Promise<void> | void {
    switch (message?.type) {
      case MessageType.ConnectionInit:
        return this.initialise(message.payload);
      case MessageType.Ping:
        return (this.lastPong = this.lastPong.then(() => this.pong(message.payload)));
      case MessageType.Pong:
        return undefined;
      case MessageType.Subscribe:
        return this.subscribe(message.id, message.payload);
      case MessageType.Complete:
        return this.operations.get(message.id)?.end();
      default:
        return this.close(CloseCode.BadRequest, "Invalid message received");
    }
  }

  private async initialise(payload: unknown): Promise<void> {
    const { beginnings, connections, limits } = this.server;
    if (this.phase !== "new")
      return this.close(CloseCode.TooManyInitialisationRequests, "Too many initialisation requests");
    this.phase = "verifying";
    // A client that has gone while it waited would have the log followed for nobody.
    const verify = async () =>
      this.isVerifying()
        ? this.credentialState.hold(this, credentialsOf(payload, this.client.authorization))
        : undefined;
    const refusal = await beginnings(verify, { clientKey: this.client.addressKey });
    if (!this.isVerifying()) return;
    if (refusal !== undefined) return this.reject(refusal);
    if (connections.countOf(this.clientKey()) > limits.connectionsOfClient)
      return this.close(tryAgainLater, "Too many connections are open");
    this.phase = "open";
    this.say(MessageType.ConnectionAck, this.credentialState.lifetime());
  }

  private isVerifying(): boolean {
    return this.phase === "verifying";
  }

  private async pong(payload: unknown): Promise<void> {
    const given = authorizationIn(payload);
    let answer = isRecord(payload) ? payload : undefined;
    if (given !== undefined && this.isLive()) {
      const refusal = await this.credentialState.renew(this, given);
      answer = refusal === undefined ? this.credentialState.lifetime() : this.errorsOf(refusal);
    }
    if (this.phase !== "ending") this.say(MessageType.Pong, answer);
  }

  private subscribe(id: string, payload: object): void {
    const { operations } = this;
    if (this.phase === "new" || this.phase === "verifying") return this.close(CloseCode.Unauthorized, "Unauthorized");
    if (!this.isLive()) return;
    if (operations.has(id)) return this.close(CloseCode.SubscriberAlreadyExists, "Subscriber already exists");
    if (operations.size >= this.server.limits.operationsOfSocket) {
      const busy = new KnownError("SERVICE_UNAVAILABLE", "Too many operations are running on this socket");
      return void this.outbox.send([
        JSON.stringify({ id, type: MessageType.Error, payload: this.errorsOf(busy).errors }),
      ]);
    }
    operations.set(
      id,
      startOperation(
        this.server,
        this,
        { id, payload: payload as Record<string, unknown> },
        () => void operations.delete(id),
      ),
    );
  }

  /** Sends the end of the credential by a ping, which every client reads, and closes. */
  private reject(error: KnownError): void {
    this.phase = "ending";
    this.server.metrics?.credentialRefused(error.details["reason"]);
    // Messages that still wait for a slow client would reach it after the end.
    if (this.ws.bufferedAmount > 0) return this.cut();
    this.say(MessageType.Ping, this.errorsOf(error));
    this.close(CloseCode.Forbidden, String(error.details["reason"]));
  }

  /** Resolves when the operations that were asked for before are answered, or when that takes too long. */
  private lastAnswers(): Promise<unknown> {
    this.phase = "ending";
    const answered = Promise.all([...this.operations.values()].map((operation) => operation.answered));
    const timeout = new Promise<void>((resolve) => this.after(lastAnswersMilliseconds, resolve));
    return Promise.race([answered, timeout]);
  }

  private close(code: number, reason: string): void {
    this.phase = "ending";
    this.ws.close(code, reason);
    this.after(closeMilliseconds, this.cut);
  }

  private say(type: MessageType, payload: object | null | undefined): void {
    this.outbox.send([JSON.stringify({ type, ...(payload != null && { payload }) })]);
  }

  private errorsOf(error: KnownError) {
    return { errors: [this.server.formatError({ message: "" }, error)] };
  }

  private after(milliseconds: number, run: () => void): void {
    this.cancelTimers.add(this.server.timer(milliseconds, run));
  }

  private onClose(code: number): void {
    const { clock, connections, log } = this.server;
    this.phase = "ending";
    for (const cancel of this.cancelTimers) cancel();
    for (const operation of this.operations.values()) operation.end();
    this.outbox.close();
    connections.remove(this);
    const { auth } = this.credentialState;
    log.info(
      {
        requestId: this.client.requestId,
        credential: auth.state,
        ...idsOf(auth),
        address: this.client.address,
        code,
        messages: this.messages.received,
        durationMs: clock().getTime() - this.openedAt.getTime(),
      },
      "socket closed",
    );
  }
}
