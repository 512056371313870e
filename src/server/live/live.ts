import type { FastifyReply, FastifyRequest } from "fastify";
import { CloseCode, GRAPHQL_TRANSPORT_WS_PROTOCOL as subprotocol } from "graphql-ws";
import { WebSocketServer, type WebSocket } from "ws";

import type { EventCursors } from "../../database/event-log/event-cursor.js";
import type { EventMark, LoggedEvent } from "../../database/event-log/event.js";
import type { Reader } from "../../database/reader.js";
import { KnownError } from "../../foundation/errors.js";
import { fairLimiter, tooBusy } from "../../foundation/fairness/fair-limiter.js";
import type { GraphqlRequest } from "../../graphql/graphql-request.js";
import type { AllowedOrigins } from "../connection/allowed-origins.js";
import type { AnswerStream } from "../connection/answer-stream.js";
import { answerError } from "../connection/error-response.js";
import type { StreamFraming } from "../connection/stream-framing.js";
import type { Upgrade } from "../connection/upgrade.js";
import { callerOf, type RequestCaller } from "../endpoint/caller.js";
import { inBatches } from "./batches.js";
import { Connections } from "./connections.js";
import { LogFollower } from "./log-follower.js";
import { Socket, closeMilliseconds } from "./socket.js";
import type { SocketServer } from "./socket-server.js";
import { Stream } from "./stream.js";
import { Subscriptions } from "./subscriptions.js";

// A client whose machine has gone is noticed because it answers no ping.
const heartbeatMilliseconds = 30_000;
const beginningsAtOnce = 4;
// Many users may come back at once from behind one address. Each takes a place of it until it has signed in.
const unknownSocketsPerAddress = 4;

type Deps = Omit<SocketServer, "connections" | "subscriptions" | "follow" | "beginnings"> & {
  readonly cursors: EventCursors;
  readonly reader: Reader;
  /** The log keeps events for this long. */
  readonly ttlSeconds: number;
  readonly origins: AllowedOrigins;
  readonly maxConnections: number;
  readonly maxMessageBytes: number;
};

/** The WebSockets and streams of a process. */
export class LiveServer {
  private readonly batches = inBatches();
  private readonly connections: Connections;
  private readonly subscriptions: Subscriptions;
  private readonly log: LogFollower;
  private readonly server: SocketServer;
  private readonly sockets: WebSocketServer;
  /** Sockets that have answered the last ping. */
  private readonly alive = new WeakSet<WebSocket>();
  private cancelHeartbeat: (() => void) | undefined;
  private onLastSocketClosed: (() => void) | undefined;

  constructor(private readonly deps: Deps) {
    const { clock, timer, events, metrics, formatError } = deps;
    this.log = new LogFollower({
      events,
      onEvents: (found) => this.publish(found),
      onLost: (position) => this.goOnFrom(position),
    });
    this.connections = new Connections({
      clock,
      timer,
      batches: this.batches,
      most: deps.maxConnections,
      onEmpty: this.log.leave,
    });
    this.subscriptions = new Subscriptions({
      ...deps,
      // Counted and logged like any other error.
      onError: (error) => void formatError({ message: "" }, error),
      onSent: metrics?.eventSent,
    });
    this.server = {
      ...deps,
      connections: this.connections,
      subscriptions: this.subscriptions,
      follow: this.log.follow,
      beginnings: fairLimiter(beginningsAtOnce),
    };
    this.sockets = new WebSocketServer({
      noServer: true,
      maxPayload: deps.maxMessageBytes,
      // A compressor takes 200 kB for each socket.
      perMessageDeflate: false,
      // The library would answer pings without end to a client that reads nothing.
      autoPong: false,
      handleProtocols: (offered) => (offered.has(subprotocol) ? subprotocol : false),
    });
  }

  /** Turns an HTTP connection into a WebSocket, or rejects it. */
  async upgrade({ socket, head }: Upgrade, request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> {
    // A thousand clients that come back at once would have everybody else wait.
    await new Promise<void>(this.batches);
    if (!this.deps.origins.mayOpenSocket(request))
      return answerError(reply, new KnownError("FORBIDDEN", "Pages of this origin may not open a socket here"), 403);
    const caller = callerOf(request);
    if (this.connections.isFull() || this.isAddressFull(caller)) return answerError(reply, tooBusy());
    reply.hijack();
    reply.raw.detachSocket(socket);
    // This request gets no response. Listeners for its end would keep it in memory as long as the socket.
    reply.raw.emit("close");
    this.sockets.handleUpgrade(request.raw, socket, head, (ws) => this.accept(ws, caller));
    return reply;
  }

  /** Prepares the stream of a request that may turn out to be a subscription. */
  stream(framing: StreamFraming, asked: GraphqlRequest, request: FastifyRequest, reply: FastifyReply): AnswerStream {
    return new Stream(this.server, framing, asked, request, reply);
  }

  load() {
    return {
      sockets: this.sockets.clients.size,
      // A closing socket may no longer be one of the connections.
      streams: Math.max(0, this.connections.count() - this.sockets.clients.size),
      subscriptions: this.subscriptions.size(),
    };
  }

  /** Tells clients that the server stops, and resolves once all sockets have closed. */
  async stop(): Promise<void> {
    this.cancelHeartbeat?.();
    const all = new Promise<void>((resolve) => (this.onLastSocketClosed = resolve));
    this.connections.stopAll();
    if (this.sockets.clients.size > 0) await all;
    this.log.leave();
  }

  /** Closes every socket at once. */
  cut(): void {
    for (const socket of this.sockets.clients) socket.terminate();
  }

  /** Sockets without a credential, or none yet, count for their address. */
  private isAddressFull({ addressKey }: RequestCaller): boolean {
    const most = this.deps.limits.connectionsOfClient * unknownSocketsPerAddress;
    return this.connections.countOf(addressKey) >= most;
  }

  // Not a part of `upgrade`: its listeners would keep the request as long as the socket.
  private accept(ws: WebSocket, client: RequestCaller): void {
    // A frame against the protocol, or a broken connection: the close follows.
    ws.on("error", () => {});
    ws.once("close", (code) => {
      this.deps.metrics?.socketClosed(code);
      if (this.sockets.clients.size === 0) this.onLastSocketClosed?.();
    });
    this.cancelHeartbeat ??= this.planHeartbeat();
    if (ws.protocol !== subprotocol) {
      ws.once(
        "close",
        this.deps.timer(closeMilliseconds, () => ws.terminate()),
      );
      return ws.close(CloseCode.SubprotocolNotAcceptable, "Subprotocol not acceptable");
    }
    this.alive.add(ws);
    ws.on("pong", () => this.alive.add(ws));
    new Socket(this.server, ws, client).open();
  }

  private planHeartbeat(): () => void {
    return this.deps.timer(heartbeatMilliseconds, () => this.heartbeat());
  }

  private heartbeat(): void {
    for (const socket of this.sockets.clients) {
      if (!this.alive.delete(socket)) socket.terminate();
      else this.batches(() => socket.ping());
    }
    this.cancelHeartbeat = this.sockets.clients.size === 0 ? undefined : this.planHeartbeat();
  }

  private publish(found: readonly LoggedEvent[]): void {
    for (const logged of found) {
      const { topic, subject } = logged.event;
      if (topic === "session.ended") this.connections.sessionEnded(subject);
      else if (this.subscriptions.publish(logged)) this.deps.metrics?.event();
    }
  }

  private goOnFrom(position: EventMark): void {
    const { log, metrics } = this.deps;
    log.warn({ seq: position.seq }, "the event log has gone back: a backup was restored, or a failover lost commits");
    metrics?.eventLogWentBack();
    this.connections.verifyAll();
    this.subscriptions.lost(position);
  }
}
