import type { FastifyReply, FastifyRequest } from "fastify";

/** The response headers that pages of other origins may read, in addition to those that they always may. */
const exposedHeaders = "WWW-Authenticate, Retry-After, x-request-id";

/** As long as any browser keeps the answer to a preflight. */
const preflightSeconds = 2 * 60 * 60;

/**
 * Tells a browser whether the page that calls may read the answer (CORS). An origin that isn't listed is told nothing,
 * and none is ever allowed to send what the browser keeps for the user: there is nothing here that it should keep.
 */
export function allowOrigin(origins: ReadonlySet<string>, request: FastifyRequest, reply: FastifyReply): void {
  const { origin } = request.headers;
  if (origin === undefined || !(origins.has("*") || origins.has(origin))) return;
  reply.header("access-control-allow-origin", origins.has("*") ? "*" : origin);
  reply.header("access-control-expose-headers", exposedHeaders);
}

/** Answers OPTIONS, by which a browser asks whether a page may send what it wants to: a preflight. */
export function answerPreflight(request: FastifyRequest, reply: FastifyReply): FastifyReply {
  const asked = request.headers;
  if (reply.hasHeader("access-control-allow-origin") && asked["access-control-request-method"] !== undefined) {
    reply.header("access-control-allow-methods", "GET, POST");
    reply.header("access-control-max-age", preflightSeconds);
    // Clients and tracers have headers of their own, none of which means anything here: the origin is what counts.
    const headers = asked["access-control-request-headers"];
    if (headers !== undefined) reply.header("access-control-allow-headers", headers);
    // Chrome asks this if a page of the internet, such as Sandbox, calls a server on this machine.
    if (asked["access-control-request-private-network"] === "true")
      reply.header("access-control-allow-private-network", "true");
  }
  return reply.code(204).header("allow", "GET, POST, OPTIONS").send();
}
