import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import type { Logger } from "pino";

import { systemStopwatch } from "../../foundation/clock.js";
import { KnownError } from "../../foundation/errors.js";
import type { Metrics } from "../../foundation/metrics/metrics.js";
import type { Tracing } from "../../foundation/tracing/span.js";
import { measureRequest } from "../monitoring/measure-request.js";
import { logRequest } from "../monitoring/request-log.js";
import { endTrace, traceRequest } from "../monitoring/trace-request.js";
import type { AllowedOrigins } from "./allowed-origins.js";
import { allowOrigin } from "./cors.js";
import { answerError } from "./error-response.js";
import { securityHeaders } from "./headers.js";
import { onResponseEnd } from "./on-response-end.js";
import type { OpenConnections } from "./open-connections.js";
import { endpointPath, pathOf } from "./paths.js";
import { faultOf } from "./request-head.js";
import { upgradeOf } from "./upgrade.js";

/** Returns the function that sets the headers which every response has. */
export const headerSetter =
  (origins: AllowedOrigins, operatorPaths: ReadonlySet<string>) =>
  (request: FastifyRequest, reply: FastifyReply): void => {
    reply.header("x-request-id", request.id);
    reply.headers(securityHeaders);
    const path = pathOf(request);
    if (path === endpointPath) reply.header("cache-control", "private, no-store");
    // Pages of other origins may not read these, whichever may call.
    if (operatorPaths.has(path)) reply.header("cache-control", "no-store");
    else allowOrigin(origins, request, reply);
  };

/** Adds the steps at the beginning and the end of every request: headers, tracing, the log line and metrics. */
export function addRequestHooks(
  http: FastifyInstance,
  deps: {
    readonly connections: OpenConnections;
    readonly setHeaders: (request: FastifyRequest, reply: FastifyReply) => void;
    readonly operatorPaths: ReadonlySet<string>;
    readonly log: Logger;
    readonly metrics?: Metrics | undefined;
    readonly tracing?: Tracing | undefined;
    readonly longestUrl: number;
  },
): void {
  const { connections, log, metrics, tracing } = deps;
  http.addHook("onRequest", (request, reply, done) => {
    // A request that exceeds the client's share gets nothing else.
    if (!connections.begin(request, reply)) return;
    // Fastify measures no time without a logger or a hook at the end.
    const elapsed = systemStopwatch();
    deps.setHeaders(request, reply);
    const isOperators = deps.operatorPaths.has(pathOf(request));
    if (tracing !== undefined && !isOperators) request.span = traceRequest(tracing, request);
    onResponseEnd(request, reply, () => {
      connections.end(request);
      if (request.span !== undefined) endTrace(request.span, request, reply);
      // The line of a socket is written when it closes.
      if (upgradeOf(request) !== undefined && !reply.raw.headersSent) return;
      const milliseconds = elapsed();
      logRequest(log, request, reply, milliseconds, isOperators ? "debug" : "info");
      if (metrics !== undefined && !isOperators) measureRequest(metrics, request, reply, milliseconds);
    });
    const fault = faultOf(request, deps.longestUrl);
    if (fault === undefined) done();
    else answerError(reply, new KnownError("BAD_REQUEST", fault.message), fault.status);
  });
}
