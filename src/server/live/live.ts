import type { FastifyReply, FastifyRequest } from "fastify";
import { CloseCode, GRAPHQL_TRANSPORT_WS_PROTOCOL as subprotocol } from "graphql-ws";
import { WebSocketServer, type WebSocket } from "ws";

import { KnownError } from "../../foundation/errors.js";
import { makeTurns, tooBusy } from "../../foundation/fairness/turns.js";
import type { EventMark, LogEvent } from "../../database/event-log/event.js";
import { answerError } from "../connection/error-response.js";
import type { AnswerStream } from "../connection/answer-stream.js";
import type { StreamFraming } from "../connection/stream-framing.js";
import type { Upgrade } from "../connection/upgrade.js";
import type { GraphqlRequest } from "../../graphql/graphql-request.js";
import { watchConnections } from "./connections.js";
import { callerOf, type RequestCaller } from "../endpoint/caller.js";
import { inBatches } from "./batches.js";
import { closeMilliseconds, Socket } from "./socket.js";
import type { SocketServer } from "./socket-server.js";
import { openStream } from "./stream.js";
import { makeSubscriptions } from "./subscriptions.js";
import type { EventCursors } from "../../database/event-log/event-cursor.js";
import type { Reader } from "../../database/reader.js";

/** Sockets, and what they are told of. */
export type LiveServer = {
  /** Makes a socket of a connection, or refuses to. */
  readonly upgrade: (upgrade: Upgrade, request: FastifyRequest, reply: FastifyReply) => Promise<FastifyReply>;
  /** Prepares the stream of a request that may turn out to be a subscription. */
  readonly stream: (
    framing: StreamFraming,
    asked: GraphqlRequest,
    request: FastifyRequest,
    reply: FastifyReply,
  ) => AnswerStream;
  /** Tells clients that the server stops, and ends once they have gone. */
  readonly stop: () => Promise<void>;
  readonly load: () => { readonly sockets: number; readonly streams: number; readonly subscriptions: number };
  /** Closes every connection at once. */
  readonly cut: () => void;
};

// A client whose machine has gone says nothing, and is noticed by its not answering.
const heartbeatMilliseconds = 30_000;
const beginningsAtOnce = 4;
// Many users may come back at once from behind one address. Each takes a place of it for as long as it takes to sign in.
const unknownSocketsPerAddress = 4;

export function openLive(
  parts: Omit<SocketServer, "connections" | "subscriptions" | "follow" | "beginnings"> & {
    readonly cursors: EventCursors;
    readonly reader: Reader;
    readonly ttlSeconds: number;
    readonly corsOrigins: readonly string[];
    readonly maxConnections: number;
    readonly maxMessageBytes: number;
  },
): LiveServer {
  const { clock, timer, log, events, corsOrigins, metrics } = parts;
  const origins = new Set(corsOrigins);
  const batches = inBatches();
  const connections = watchConnections(clock, timer, batches, parts.maxConnections, () => leaveLog());
  const subscriptions = makeSubscriptions({
    ...parts,
    // Counted and written down as any other error.
    onError: (error) => void parts.formatError({ message: "" }, error),
    onSent: metrics?.eventSent,
  });

  const tell = (told: readonly LogEvent[]): void => {
    for (const event of told) {
      if (event.sessionId !== null) connections.sessionEnded(event.sessionId);
      else {
        subscriptions.tell(event);
        metrics?.event();
      }
    }
  };
  const lost = (position: EventMark): void => {
    log.warn({ seq: position.seq }, "the event log has gone back: a backup was restored, or a failover lost commits");
    metrics?.eventLogWentBack();
    connections.verifyAll();
    subscriptions.lost(position);
  };
  let following: Promise<() => void> | undefined;
  /** The log is followed as long as anybody could be told of it. */
  const follow = async (): Promise<void> => {
    const begun = (following ??= events.follow({ events: tell, lost }));
    try {
      await begun;
    } catch (error) {
      if (following === begun) following = undefined;
      throw error;
    }
  };
  const leaveLog = () => {
    const left = following;
    following = undefined;
    void left?.then(
      (leave) => leave(),
      () => {},
    );
  };
  const beginnings = makeTurns(beginningsAtOnce);
  const server: SocketServer = { ...parts, connections, subscriptions, follow, beginnings };

  const sockets = new WebSocketServer({
    noServer: true,
    maxPayload: parts.maxMessageBytes,
    // A compressor takes 200 kB for each socket.
    perMessageDeflate: false,
    // It would answer pings without end to a client that reads nothing.
    autoPong: false,
    handleProtocols: (offered) => (offered.has(subprotocol) ? subprotocol : false),
  });
  const alive = new WeakSet<WebSocket>();
  let cancelHeartbeat: (() => void) | undefined;
  const heartbeat = (): void => {
    for (const socket of sockets.clients) {
      if (!alive.delete(socket)) socket.terminate();
      else batches(() => socket.ping());
    }
    cancelHeartbeat = sockets.clients.size === 0 ? undefined : timer(heartbeatMilliseconds, heartbeat);
  };

  let gone: (() => void) | undefined;
  // Not a part of `upgrade`, whose request its listeners would keep as long as the socket.
  const accept = (ws: WebSocket, client: RequestCaller): void => {
    // A frame against the protocol, or a connection that breaks: the close follows.
    ws.on("error", () => {});
    ws.once("close", (code) => {
      metrics?.socketClosed(code);
      if (sockets.clients.size === 0) gone?.();
    });
    cancelHeartbeat ??= timer(heartbeatMilliseconds, heartbeat);
    if (ws.protocol !== subprotocol) {
      ws.once(
        "close",
        timer(closeMilliseconds, () => ws.terminate()),
      );
      return ws.close(CloseCode.SubprotocolNotAcceptable, "Subprotocol not acceptable");
    }
    alive.add(ws);
    ws.on("pong", () => alive.add(ws));
    new Socket(server, ws, client).open();
  };
  return {
    async upgrade({ socket, head }, request, reply) {
      // A thousand that come back at once would have everybody else wait.
      await new Promise<void>(batches);
      if (!mayOpen(origins, request))
        return answerError(reply, new KnownError("FORBIDDEN", "Pages of this origin may open no socket here"), 403);
      const caller = callerOf(request);
      // Sockets without a credential yet, and anonymous ones, count for their address.
      const ofAddress = connections.countOf(caller.addressKey);
      if (connections.isFull() || ofAddress >= parts.limits.connectionsOfClient * unknownSocketsPerAddress)
        return answerError(reply, tooBusy());
      reply.hijack();
      reply.raw.detachSocket(socket);
      // Nobody answers this request any more, and what waits for its end would keep it as long as the socket.
      reply.raw.emit("close");
      sockets.handleUpgrade(request.raw, socket, head, (ws) => accept(ws, caller));
      return reply;
    },
    stream: (framing, asked, request, reply) => openStream(server, framing, asked, request, reply),
    load: () => ({
      sockets: sockets.clients.size,
      // A socket that is closing may be none of the connections any more.
      streams: Math.max(0, connections.count() - sockets.clients.size),
      subscriptions: subscriptions.count(),
    }),
    async stop() {
      cancelHeartbeat?.();
      const all = new Promise<void>((resolve) => (gone = resolve));
      connections.stopAll();
      if (sockets.clients.size > 0) await all;
      leaveLog();
    },
    cut() {
      for (const socket of sockets.clients) socket.terminate();
    },
  };
}

/** Whether a page may open a socket, which browsers leave to the server. No origin at all is no browser. */
function mayOpen(origins: ReadonlySet<string>, { headers: { origin }, host }: FastifyRequest): boolean {
  if (origin === undefined || origins.has("*") || origins.has(origin)) return true;
  if (!URL.canParse(origin)) return false;
  const page = new URL(origin);
  // Read as a URL of the page's scheme, so that neither case nor a default port makes a difference.
  const own = `${page.protocol}//${host}`;
  return URL.canParse(own) && new URL(own).host === page.host;
}
