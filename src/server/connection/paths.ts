import type { Server } from "node:http";

import type { FastifyRequest } from "fastify";

/** The path of the GraphQL endpoint. */
export const endpointPath = "/graphql";

/** The path of the probe whether the process answers at all. */
export const healthPath = "/healthz";

/** The path of the probe whether it should be sent requests. */
export const readinessPath = "/readyz";

/** The path of the metrics. */
export const metricsPath = "/metrics";

/** Returns a request's path as it was sent, without the query string, which may hold variables or a token. */
export function sentPathOf({ url }: FastifyRequest): string {
  return url.replace(/^https?:\/\/[^/]*/, "").split(/[?#]/, 1)[0]!;
}

/** Returns a request's path as the router reads it, decoded. Every decision by a path is made by this one. */
export function pathOf(request: FastifyRequest): string {
  if (request.url === endpointPath) return endpointPath;
  const path = sentPathOf(request);
  if (!path.includes("%")) return path;
  try {
    return decodeURI(path);
  } catch {
    // The router rejects it.
    return path;
  }
}

/** Returns the endpoint's URL as a person on this machine would type it. */
export const endpointUrl = (address: ReturnType<Server["address"]>, host: string): string =>
  originOf(address, host) + endpointPath;

/** Returns the URL of the metrics, if they have a port of their own. */
export const metricsUrl = (address: ReturnType<Server["address"]>, host: string): string =>
  originOf(address, host) + metricsPath;

function originOf(address: ReturnType<Server["address"]>, host: string): string {
  // In two parts, as curl and nginx write it: curl --unix-socket PATH http://localhost/graphql.
  if (typeof address === "string") return `unix:${address}:`;
  if (address === null) throw new Error("the server doesn't listen");
  const everywhere = host === "0.0.0.0" || host === "::";
  const name = everywhere ? "localhost" : host.includes(":") ? `[${host}]` : host;
  return `http://${name}:${address.port}`;
}
