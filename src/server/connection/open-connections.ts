import type { ServerResponse } from "node:http";
import type { Socket } from "node:net";

import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";

import { inNextTurn } from "../../foundation/clock.js";
import { addressKeyOf } from "../../foundation/fairness/address.js";

/**
 * The open connections of a server. If there are too many, an idle one of the address that has the most is closed, so that
 * one address never keeps all others out. When the server stops, each is closed after its last response, which says so.
 */
export class OpenConnections {
  private readonly open = new Set<Socket>();
  private readonly byAddress = new Map<string, Set<Socket>>();
  /** The responses in progress. */
  private readonly responses = new Map<ServerResponse, Socket>();
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
    this.responses.set(reply.raw, socket);
    return true;
  }

  /** Records that a response was sent, or never will be. */
  end({ raw }: FastifyReply): void {
    this.responses.delete(raw);
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
    this.open.add(socket);
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
    const busy = new Set(this.responses.values());
    const isIdle = (socket: Socket) => socket !== newcomer && !busy.has(socket) && !this.upgraded.has(socket);
    const idle = greediest === ofNewcomer ? undefined : Array.from(greediest).find(isIdle);
    (idle ?? newcomer).destroy();
  }

  private stop(): void {
    this.isStopping = true;
    // A client that is told so sends nothing more on a connection that will be closed.
    const last = new Map(Array.from(this.responses, ([response, socket]) => [socket, response]));
    for (const [socket, response] of last) {
      if (response.headersSent) continue;
      response.shouldKeepAlive = false;
      this.ending.add(socket);
    }
    // Browsers open connections that they may need; Node takes those for busy ones.
    for (const socket of this.open) if (socket.bytesRead === 0) socket.destroy();
  }
}
