import type { FastifyReply, FastifyRequest } from "fastify";

import type { Live } from "../../kit/context.js";
import type { KnownError } from "../../foundation/errors.js";
import { tooBusy } from "../../foundation/fairness/fair-limiter.js";
import type { GraphqlRequest } from "../../graphql/graphql-request.js";
import type { AnswerStream } from "../connection/answer-stream.js";
import { onResponseEnd } from "../connection/on-response-end.js";
import type { StreamFraming } from "../connection/stream-framing.js";
import { callerOf, type RequestCaller } from "../endpoint/caller.js";
import { ConnectionCredential } from "./connection-credential.js";
import type { Connection } from "./connections.js";
import { framed, Outbox } from "./outbox.js";
import { executorOf } from "./run-operation.js";
import type { SocketServer } from "./socket-server.js";
import type { Subscription } from "./subscriptions.js";

const heartbeatMilliseconds = 10_000;

/**
 * The stream of a request that may turn out to be a subscription, until its credential ends. The credential is the
 * request's own.
 */
export class Stream implements AnswerStream, Connection {
  private readonly client: RequestCaller;
  private readonly credentialState: ConnectionCredential;
  private readonly outbox: Outbox;
  private subscription: Subscription | undefined;
  private phase: "new" | "open" | "ended" = "new";
  private cancelHeartbeat: (() => void) | undefined;
  /** The end of the stream, if it ended before it began. */
  private last: string | undefined;

  constructor(
    private readonly server: SocketServer,
    private readonly framing: StreamFraming,
    private readonly asked: GraphqlRequest,
    private readonly request: FastifyRequest,
    private readonly reply: FastifyReply,
  ) {
    this.client = callerOf(request);
    this.credentialState = new ConnectionCredential(server, this.client);
    this.outbox = new Outbox({
      ...server,
      transmit: (part, _isLast, sent) => reply.raw.write(part, sent),
      cut: this.cut,
      clientKey: this.clientKey,
    });
  }

  readonly live: Live = {
    begin: async (source, cursor, info) => {
      const { connections, limits, subscriptions } = this.server;
      if (connections.isFull()) throw tooBusy();
      connections.add(this);
      const refusal = await this.credentialState.hold(this, this.client.authorization);
      if (refusal !== undefined) throw refusal;
      if (connections.countOf(this.clientKey()) > limits.connectionsOfClient) throw tooBusy();
      this.subscription = await subscriptions.open(source, cursor, info, {
        execute: executorOf(this.server, this.asked.variables, this.client, () => this.credentialState.auth),
        clientKey: this.clientKey,
        room: this.outbox.room,
        isBehind: this.outbox.isBehind,
        send: (answer) => this.sendEvent(answer),
        turnAway: this.cut,
      });
      return this.subscription.cursor;
    },
  };

  hasBegun(): boolean {
    return this.subscription !== undefined;
  }

  start(first: string): void {
    const { framing, request, reply } = this;
    if (this.phase === "ended" || request.raw.socket.destroyed) {
      this.close();
      return void reply.raw.end(framing.head + (this.last ?? ""));
    }
    this.phase = "open";
    onResponseEnd(request, reply, () => this.close());
    const { isResumed, start } = this.subscription!;
    const { before, after } = framing.next;
    this.outbox.send([framing.head + (isResumed ? "" : before + first + after)], { isEvent: !isResumed });
    start();
    this.planHeartbeat();
  }

  close(): void {
    this.phase = "ended";
    this.cancelHeartbeat?.();
    this.subscription?.close();
    this.outbox.close();
    this.server.connections.remove(this);
  }

  readonly clientKey = (): string => this.credentialState.clientKey();
  readonly credential = () => this.credentialState.credential();

  expire(): void {
    this.reject(this.credentialState.whyExpired());
  }

  endWithSession(): void {
    this.subscription?.close();
    this.credentialState.whyEnded().then((error) => this.reject(error), this.cut);
  }

  verify(): void {
    this.server
      .beginnings(() => this.credentialState.verifyAgain(), { clientKey: this.client.addressKey })
      .then((error) => void (error !== undefined && this.reject(error)), this.cut);
  }

  stop(): void {
    this.end(this.framing.tail);
  }

  private readonly cut = (): void => void this.request.raw.socket.destroy();

  private sendEvent(answer: string | Buffer): void {
    const { before, after } = this.framing.next;
    if (this.credentialState.isOver()) this.expire();
    if (this.phase === "open" && !this.outbox.send(framed(before, answer, after), { isEvent: true })) this.cut();
  }

  private reject(error: KnownError): void {
    const { framing, server } = this;
    this.end(framing.failure(JSON.stringify([server.formatError({ message: "" }, error)])) + framing.tail);
  }

  /** Ends the stream. Events that still wait for a slow client would reach it after the end, so it is cut off. */
  private end(text: string): void {
    const { raw } = this.reply;
    const isBehind = raw.writableLength > 0;
    const wasOpen = this.phase === "open";
    if (this.phase !== "ended") this.last = text;
    this.close();
    if (!wasOpen) return;
    if (isBehind) this.cut();
    else raw.end(text);
  }

  private planHeartbeat(): void {
    this.cancelHeartbeat = this.server.timer(heartbeatMilliseconds, () => {
      this.outbox.send([this.framing.heartbeat]);
      this.planHeartbeat();
    });
  }
}
