import { ServerResponse, type IncomingMessage, type Server } from "node:http";
import type { Socket } from "node:net";

import type { FastifyInstance, FastifyRequest } from "fastify";

import { hasTooManyHeaders } from "./request-head.js";

/** A connection whose client asks for a WebSocket on it. */
export type Upgrade = { readonly socket: Socket; readonly head: Buffer };

const upgrades = new WeakMap<IncomingMessage, Upgrade>();

/** What a request asks to become; undefined for all that are answered in HTTP. */
export const upgradeOf = ({ raw }: FastifyRequest): Upgrade | undefined => upgrades.get(raw);

/**
 * Routes requests for a WebSocket like any other, so that they have their address, their id and their refusals from the
 * same place. Offers of other protocols are passed over, as RFC 9110, section 7.8, has it.
 */
export function routeUpgrades(http: FastifyInstance): void {
  http.server.on("upgrade", (request: IncomingMessage, socket: Socket, head: Buffer) => {
    // A socket that breaks has no parser any more that would tell.
    socket.on("error", () => socket.destroy());
    const response = new ServerResponse(request);
    try {
      response.assignSocket(socket);
    } catch {
      // Sent before the answer to an earlier request of the connection, which no client of either protocol does.
      return socket.destroy();
    }
    // One with too many headers is refused as it is: a request must never be written again with lines missing.
    if (!asksForWebSocket(request) && !hasTooManyHeaders(request)) {
      response.detachSocket(socket);
      return answerWithoutUpgrade(http.server, request, socket, head);
    }
    if (asksForWebSocket(request)) upgrades.set(request, { socket, head });
    response.shouldKeepAlive = false;
    // Not left to the client, which need not close; nobody else looks after the connection.
    response.once("finish", () => socket.destroySoon());
    http.routing(request, response);
  });
}

const asksForWebSocket = ({ method, headers }: IncomingMessage): boolean =>
  method === "GET" && headers.upgrade?.toLowerCase() === "websocket";

/** Options of Node's server, which newer versions look at before they give a connection up. */
export const upgradeOptions: object = { shouldUpgradeCallback: asksForWebSocket };

/**
 * Older ones have given up the connection for any request with an Upgrade header, though it asks for what isn't spoken
 * here: Java's HttpClient offers HTTP/2 with its first request. It is read again, without the offer.
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
