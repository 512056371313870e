import type { Server } from "node:http";

import type { FastifyRequest } from "fastify";

/** Where the GraphQL endpoint is. */
export const endpointPath = "/graphql";

/** Whether the process answers at all. */
export const healthPath = "/healthz";

/** Whether it should be sent requests. */
export const readinessPath = "/readyz";

/** What the process has measured. */
export const metricsPath = "/metrics";

/** A request's path, without the query string, whose variables or misplaced token are nobody's business. */
export function pathOf({ url }: FastifyRequest): string {
  if (url === endpointPath) return url;
  return url.replace(/^https?:\/\/[^/]*/, "").split("?", 1)[0]!;
}

/** The endpoint's address as a person on this machine would type it. */
export const endpointUrl = (address: ReturnType<Server["address"]>, host: string): string =>
  originOf(address, host) + endpointPath;

/** The same of what is measured, where it has a port of its own. */
export const metricsUrl = (address: ReturnType<Server["address"]>, host: string): string =>
  originOf(address, host) + metricsPath;

function originOf(address: ReturnType<Server["address"]>, host: string): string {
  if (address === null || typeof address === "string") throw new Error("the server has no TCP address");
  const everywhere = host === "0.0.0.0" || host === "::";
  const name = everywhere ? "localhost" : host.includes(":") ? `[${host}]` : host;
  return `http://${name}:${address.port}`;
}
