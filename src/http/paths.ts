import type { FastifyRequest } from "fastify";

/** Where the GraphQL endpoint is. */
export const endpointPath = "/graphql";

/** A request's path, without the query string, whose variables or misplaced token are nobody's business. */
export function pathOf({ url }: FastifyRequest): string {
  if (url === endpointPath) return url;
  return url.replace(/^https?:\/\/[^/]*/, "").split("?", 1)[0]!;
}
