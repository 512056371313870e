import { ServerResponse, type IncomingMessage, type Server } from "node:http";
import type { Socket } from "node:net";

import type { FastifyInstance, FastifyRequest } from "fastify";

import { hasTooManyHeaders } from "./request-head.js";

/** A connection whose client asks for a WebSocket on it. */
export type Upgrade = { readonly socket: Socket; readonly head: Buffer };

const upgrades = new WeakMap<IncomingMessage, Upgrade>();

/** Returns the WebSocket upgrade that a request asks for; undefined if it is answered in HTTP. */
export const upgradeOf = ({ raw }: FastifyRequest): Upgrade | undefined => upgrades.get(raw);

/**
 * Routes requests for a WebSocket like any other request, so that they get their address, id and errors in the same
 * place. Offers of other protocols are ignored (RFC 9110, section 7.8).
 */
export function routeUpgrades(http: FastifyInstance): void {
  http.server.on("upgrade", (request: IncomingMessage, socket: Socket, head: Buffer) => {
    // A broken socket no longer has a parser that would report it.
    socket.on("error", () => socket.destroy());
    const response = new ServerResponse(request);
    try {
      response.assignSocket(socket);
    } catch {
      // The request came before the response to an earlier one. No client of either protocol does that.
      return socket.destroy();
    }
    // A request with too many headers is rejected as it is: it must never be repeated with lines missing.
    if (!asksForWebSocket(request) && !hasTooManyHeaders(request)) {
      response.detachSocket(socket);
      return answerWithoutUpgrade(http.server, request, socket, head);
    }
    if (asksForWebSocket(request)) upgrades.set(request, { socket, head });
    response.shouldKeepAlive = false;
    // The client need not close, and nobody else looks after the connection.
    response.once("finish", () => socket.destroySoon());
    http.routing(request, response);
  });
}

const asksForWebSocket = ({ method, headers }: IncomingMessage): boolean =>
  method === "GET" && headers.upgrade?.toLowerCase() === "websocket";

/** Options of Node's server. Newer versions ask them before they give a connection up. */
export const upgradeOptions: object = { shouldUpgradeCallback: asksForWebSocket };

/**
 * Parses a request again without its offer of an upgrade. Older versions of Node give up the connection for any Upgrade
 * header, even for a protocol that isn't spoken here: Java's HttpClient offers HTTP/2 with its first request.
 */
function answerWithoutUpgrade(server: Server, request: IncomingMessage, socket: Socket, head: Buffer): void {
  const { method, url, httpVersion, rawHeaders } = request;
  const lines = [`${method} ${url} HTTP/${httpVersion}`];
  for (let index = 0; index < rawHeaders.length; index += 2) {
    const [name, value] = [rawHeaders[index]!, rawHeaders[index + 1]!];
    if (!/^(upgrade|http2-settings)$/i.test(name)) lines.push(`${name}: ${value}`);
  }
  socket.unshift(Buffer.concat([Buffer.from(`${lines.join("\r\n")}\r\n\r\n`, "latin1"), head]));
  server.emit("connection", socket);
}
