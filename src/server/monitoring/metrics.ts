import { createServer, type Server } from "node:http";

import type { FastifyInstance } from "fastify";

import { securityHeaders } from "../connection/headers.js";
import { metricsPath } from "../connection/paths.js";

/** Prometheus's text format. */
const type = "text/plain; version=0.0.4; charset=utf-8";

/** Adds the route for Prometheus. */
export function routeMetrics(http: FastifyInstance, text: () => Promise<string>): void {
  http.get(metricsPath, { exposeHeadRoute: true }, async (_request, reply) => reply.type(type).send(await text()));
}

/**
 * Serves the metrics, and nothing else, on a port of their own.
 *
 * @returns the listening server.
 * @throws the error of `listen`.
 */
export async function listenForMetrics(
  { port, host }: { readonly port: number; readonly host: string },
  text: () => Promise<string>,
): Promise<Server> {
  const headers = { ...securityHeaders, "cache-control": "no-store" };
  const server = createServer((request, response) => {
    const answer = (status: number, body: string) =>
      response.writeHead(status, { ...headers, "content-type": status === 200 ? type : "text/plain" }).end(body);
    if (request.url?.split("?", 1)[0] !== metricsPath) answer(404, `There is only ${metricsPath} here\n`);
    else
      text().then(
        (body) => answer(200, body),
        () => answer(503, "The metrics can't be read now\n"),
      );
  });
  await new Promise<void>((resolve, reject) => server.once("error", reject).listen(port, host, resolve));
  return server.unref();
}
