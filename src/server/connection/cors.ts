import type { FastifyReply, FastifyRequest } from "fastify";

import type { AllowedOrigins } from "./allowed-origins.js";

/** The response headers that pages of other origins may read, in addition to those that they always may. */
const exposedHeaders = "WWW-Authenticate, Retry-After, x-request-id";

/** How long browsers may cache the answer to a preflight: the most that any of them accepts. */
const preflightSeconds = 2 * 60 * 60;

/**
 * Sets the CORS headers with which a browser lets a page of an allowed origin read the response. Other origins get none.
 * Credentials that a browser stores by itself are never allowed: this server sets none.
 */
export function allowOrigin(origins: AllowedOrigins, request: FastifyRequest, reply: FastifyReply): void {
  const { origin } = request.headers;
  if (origin === undefined) return;
  const allowed = origins.headerFor(origin);
  if (allowed === undefined) return origins.reportRefused(origin, request);
  reply.header("access-control-allow-origin", allowed);
  reply.header("access-control-expose-headers", exposedHeaders);
}

/** Answers a preflight: OPTIONS, with which a browser asks whether a page may send a request. */
export function answerPreflight(request: FastifyRequest, reply: FastifyReply): FastifyReply {
  const asked = request.headers;
  if (reply.hasHeader("access-control-allow-origin") && asked["access-control-request-method"] !== undefined) {
    reply.header("access-control-allow-methods", "GET, POST");
    reply.header("access-control-max-age", preflightSeconds);
    // Clients and tracers send headers of their own. All are allowed, since the origin alone decides.
    const headers = asked["access-control-request-headers"];
    if (headers !== undefined) reply.header("access-control-allow-headers", headers);
    // Chrome asks this if a page of the internet, such as Sandbox, calls a server on this machine.
    if (asked["access-control-request-private-network"] === "true")
      reply.header("access-control-allow-private-network", "true");
  }
  return reply.code(204).header("allow", "GET, POST, OPTIONS").send();
}
