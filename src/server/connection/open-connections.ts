import type { ServerResponse } from "node:http";
import type { Socket } from "node:net";

import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";

import { inNextTurn } from "../../foundation/clock.js";
import { addressKeyOf } from "../../foundation/fairness/address.js";

/** The responses in progress on a connection. */
type Responses = { inProgress: number; last: ServerResponse | undefined };

/**
 * The open connections of a server. If there are too many, an idle one of the address that has the most is closed, so that
 * one address never keeps all others out. When the server stops, each is closed after its last response, which says so.
 */
export class OpenConnections {
  private readonly open = new Map<Socket, Responses>();
  private readonly byAddress = new Map<string, Set<Socket>>();
  /** Connections that became WebSockets, which have bounds of their own. */
  private readonly upgraded = new WeakSet<Socket>();
  /** Connections whose last response is on its way, or will be. */
  private readonly ending = new WeakSet<Socket>();
  private isStopping = false;

  /** @param most the largest number of open connections. */
  constructor(
    private readonly http: FastifyInstance,
    private readonly most: number,
  ) {
    http.server.on("upgrade", (_request, socket: Socket) => this.upgraded.add(socket));
    // The server's own maxConnections would let workers pass a connection on for ever if all of them are full.
    http.server.on("connection", (socket: Socket) => this.add(socket));
    http.addHook("preClose", (done) => {
      this.stop();
      done();
    });
  }

  /** Records the beginning of a request. Returns false if it must not be answered. */
  begin(request: FastifyRequest, reply: FastifyReply): boolean {
    const { socket } = request.raw;
    // Requests after the last response get none: RFC 9112, section 9.6.
    if (this.ending.has(socket)) return false;
    if (this.isStopping) this.ending.add(socket);
    const responses = this.open.get(socket);
    if (responses !== undefined) {
      responses.inProgress += 1;
      responses.last = reply.raw;
    }
    return true;
  }

  /** Records that a response was sent, or never will be. */
  end(request: FastifyRequest): void {
    const responses = this.open.get(request.raw.socket);
    if (responses !== undefined) {
      responses.inProgress -= 1;
      if (responses.inProgress === 0) responses.last = undefined;
    }
    // The server would wait for a connection that becomes idle only now, as long as its client keeps it open.
    if (this.isStopping) inNextTurn(() => this.http.server.closeIdleConnections());
  }

  readonly count = (): number => this.open.size;

  private add(socket: Socket): void {
    this.upgraded.delete(socket);
    // A connection whose request is read again comes a second time.
    if (this.open.has(socket)) return;
    const address = addressKeyOf(socket.remoteAddress ?? null);
    const ofAddress = this.byAddress.get(address) ?? new Set();
    this.byAddress.set(address, ofAddress.add(socket));
    this.open.set(socket, { inProgress: 0, last: undefined });
    socket.once("close", () => {
      this.open.delete(socket);
      ofAddress.delete(socket);
      if (ofAddress.size === 0 && this.byAddress.get(address) === ofAddress) this.byAddress.delete(address);
    });
    if (this.open.size > this.most) this.closeOneFor(socket, ofAddress);
    // Each request that waits on a connection listens to it.
    socket.setMaxListeners(0);
  }

  private closeOneFor(newcomer: Socket, ofNewcomer: ReadonlySet<Socket>): void {
    let greediest = ofNewcomer;
    for (const sockets of this.byAddress.values()) if (sockets.size > greediest.size) greediest = sockets;
    const isBusy = (socket: Socket) => (this.open.get(socket)?.inProgress ?? 0) > 0;
    const isIdle = (socket: Socket) => socket !== newcomer && !isBusy(socket) && !this.upgraded.has(socket);
    const idle = greediest === ofNewcomer ? undefined : Array.from(greediest).find(isIdle);
    (idle ?? newcomer).destroy();
  }

  private stop(): void {
    this.isStopping = true;
    // A client that is told so sends nothing more on a connection that will be closed.
    for (const [socket, { last }] of this.open) {
      if (last === undefined || last.headersSent) continue;
      last.shouldKeepAlive = false;
      this.ending.add(socket);
    }
    // Browsers open connections that they may need; Node takes those for busy ones.
    for (const socket of this.open.keys()) if (socket.bytesRead === 0) socket.destroy();
  }
}
