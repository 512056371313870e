import type { ServerResponse } from "node:http";
import type { Socket } from "node:net";

import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";

import { inNextTurn } from "../../foundation/clock.js";
import { addressKeyOf } from "../../foundation/fairness/address.js";

export type OpenConnections = {
  /** Takes note of a request. Answers false where it must not be begun. */
  readonly begin: (request: FastifyRequest, reply: FastifyReply) => boolean;
  /** It was answered, or never will be. */
  readonly end: (reply: FastifyReply) => void;
  readonly count: () => number;
};

/**
 * Bounds how many connections are open, and ends them when the server stops: each with its last answer, which says so.
 * If there are too many, an idle one of the address that has the most is closed, so that one address never keeps all
 * others out.
 *
 * @param most the most connections at a time.
 */
export function watchConnections(http: FastifyInstance, most: number): OpenConnections {
  const open = new Set<Socket>();
  const byAddress = new Map<string, Set<Socket>>();
  const underWay = new Map<ServerResponse, Socket>();
  /** Connections that became WebSockets, which have bounds of their own. */
  const upgraded = new WeakSet<Socket>();
  /** Those whose last answer is on its way, or will be. */
  const ending = new WeakSet<Socket>();
  let isStopping = false;

  const closeOneFor = (newcomer: Socket, ofNewcomer: ReadonlySet<Socket>): void => {
    let greediest = ofNewcomer;
    for (const sockets of byAddress.values()) if (sockets.size > greediest.size) greediest = sockets;
    const busy = new Set(underWay.values());
    const isIdle = (socket: Socket) => socket !== newcomer && !busy.has(socket) && !upgraded.has(socket);
    const idle = greediest === ofNewcomer ? undefined : Array.from(greediest).find(isIdle);
    (idle ?? newcomer).destroy();
  };

  http.server.on("upgrade", (_request, socket: Socket) => upgraded.add(socket));
  // The server's own maxConnections would let workers pass a connection on for ever where all of them are full.
  http.server.on("connection", (socket: Socket) => {
    upgraded.delete(socket);
    // One whose request is read again comes a second time.
    if (open.has(socket)) return;
    const address = addressKeyOf(socket.remoteAddress ?? null);
    const ofAddress = byAddress.get(address) ?? new Set();
    byAddress.set(address, ofAddress.add(socket));
    open.add(socket);
    socket.once("close", () => {
      open.delete(socket);
      ofAddress.delete(socket);
      if (ofAddress.size === 0 && byAddress.get(address) === ofAddress) byAddress.delete(address);
    });
    if (open.size > most) closeOneFor(socket, ofAddress);
    // Each request that waits on a connection listens to it.
    socket.setMaxListeners(0);
  });
  http.addHook("preClose", (done) => {
    isStopping = true;
    // Whoever is told so sends nothing more on a connection that will be closed.
    const last = new Map(Array.from(underWay, ([response, socket]) => [socket, response]));
    for (const [socket, response] of last) {
      if (response.headersSent) continue;
      response.shouldKeepAlive = false;
      ending.add(socket);
    }
    // Browsers open connections that they may need; Node takes those for busy ones.
    for (const socket of open) if (socket.bytesRead === 0) socket.destroy();
    done();
  });

  return {
    begin(request, reply) {
      const { socket } = request.raw;
      // What follows the last answer gets none: RFC 9112, section 9.6.
      if (ending.has(socket)) return false;
      if (isStopping) ending.add(socket);
      underWay.set(reply.raw, socket);
      return true;
    },
    end({ raw }) {
      underWay.delete(raw);
      // One that is idle only after its last answer would be waited for as long as its client keeps it.
      if (isStopping) inNextTurn(() => http.server.closeIdleConnections());
    },
    count: () => open.size,
  };
}
