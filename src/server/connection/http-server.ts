import { fastify, type FastifyError, type FastifyInstance, type FastifyReply, type FastifyRequest } from "fastify";
import type { Logger } from "pino";

import { systemStopwatch, type Timer } from "../../foundation/clock.js";
import { KnownError, type ErrorCode } from "../../foundation/errors.js";
import type { Auth } from "../../kit/auth.js";
import type { ContextFactory } from "../../graphql/create-context.js";
import type { Outcome } from "../../graphql/outcome.js";
import type { PublicKey } from "../../foundation/config/signing-keys.js";
import { answerGraphql, type GraphqlEndpoint } from "../endpoint/graphql-endpoint.js";
import { trustedHops } from "./client-address.js";
import { allowOrigin, answerPreflight } from "./cors.js";
import { answerError, answerFailure, answerUnreadable } from "./error-response.js";
import { routeExplorer } from "../explorer/explorer.js";
import { securityHeaders } from "./headers.js";
import type { Metrics } from "../../foundation/metrics/metrics.js";
import type { RequestSpan, Tracing } from "../../foundation/tracing/span.js";
import { routeHealth } from "../monitoring/health.js";
import { measureRequest } from "../monitoring/measure-request.js";
import { routeMetrics } from "../monitoring/metrics.js";
import { watchConnections } from "./open-connections.js";
import { endpointPath as endpoint, healthPath, metricsPath, pathOf, readinessPath } from "./paths.js";
import type { Readiness } from "../monitoring/readiness.js";
import { answerExpectations, faultOf, keepAllHeaders } from "./request-head.js";
import { logRequest, requestIdOf } from "../monitoring/request-log.js";
import { startGate } from "../monitoring/start-gate.js";
import { endTrace, traceRequest } from "../monitoring/trace-request.js";
import { routeUpgrades, upgradeOf, upgradeOptions, type Upgrade } from "./upgrade.js";
import { onResponseEnd } from "./on-response-end.js";

declare module "fastify" {
  interface FastifyRequest {
    /** The outcome of the GraphQL operation that this request carried. */
    outcome: Outcome | undefined;
    /** The state of the credential of a request that has no operation. */
    credential: Auth | undefined;
    /** The code of an error that was sent instead of an outcome. */
    errorCode: ErrorCode | undefined;
    /** The tracing span, if tracing is on. */
    span: RequestSpan | undefined;
  }
}

/** Where other services find the keys to verify tokens with. */
const keySetPath = "/.well-known/jwks.json";

/** How long a sender may take, in milliseconds. */
export type SenderTimeouts = {
  readonly headers: number;
  /** For the request as a whole. Without it, a slow sender could keep a server from stopping. */
  readonly request: number;
  /** How often connections are looked at, which is how late a slow one may be noticed. */
  readonly checkEvery: number;
};

/** What answers GraphQL, once the server has started. */
export type Service = {
  readonly graphql: GraphqlEndpoint;
  readonly createContext: ContextFactory["createContext"];
  /** Makes a socket of a connection at the GraphQL endpoint, or refuses to. */
  readonly upgrade: (upgrade: Upgrade, request: FastifyRequest, reply: FastifyReply) => Promise<FastifyReply>;
  readonly readiness: Readiness;
};

export type HttpServer = {
  readonly http: FastifyInstance;
  /** Answers GraphQL from now on, and what has waited for that. */
  readonly serve: (service: Service) => void;
  /** Tells who asks that no requests should come any more. */
  readonly drain: () => void;
  /** How many connections are open. */
  readonly connections: () => number;
};

/** Builds the HTTP server; it listens nowhere yet. */
export function makeHttpServer(parts: {
  readonly timer: Timer;
  readonly log: Logger;
  readonly name: string;
  /** Undefined where a browser gets no more than the endpoint's path. */
  readonly explorer: { readonly isProduction: boolean } | undefined;
  readonly metrics?: Metrics | undefined;
  readonly tracing?: Tracing | undefined;
  /** What answers at `/metrics`; undefined where there is nothing. */
  readonly metricsText?: (() => Promise<string>) | undefined;
  /** The web origins whose pages may call; `*` for all. */
  readonly corsOrigins: readonly string[];
  /** The proxies whose word on a client's address counts. */
  readonly trustProxy: readonly string[] | undefined;
  /** What others verify tokens with; undefined where only a secret can. */
  readonly publicKeys: readonly PublicKey[] | undefined;
  readonly timeouts: SenderTimeouts;
  /** In characters, as it stands in the request's first line. */
  readonly longestUrl: number;
  /** How many may be open at a time; one more is closed at once. */
  readonly connections: number;
  /** How long an operation waits for the server to start, in milliseconds. */
  readonly longestWait: number;
}): HttpServer {
  const { metrics, tracing, metricsText, timer, log, name, explorer, trustProxy, publicKeys, timeouts } = parts;
  const corsOrigins = new Set(parts.corsOrigins);
  // What those ask who run the server, often and by machine.
  const forOperators = new Set([healthPath, readinessPath, ...(metricsText === undefined ? [] : [metricsPath])]);
  const http = fastify({
    trustProxy: trustProxy === undefined ? false : trustedHops(trustProxy),
    // One line a request is ours to write, and so is the request's id.
    logger: false,
    requestIdHeader: false,
    genReqId: requestIdOf,
    exposeHeadRoutes: false,
    // What comes first on a connection that is open when the server stops is answered like anything else.
    return503OnClosing: false,
    requestTimeout: timeouts.request,
    http: {
      // Node refuses one that is longer than the whole.
      headersTimeout: Math.min(timeouts.headers, timeouts.request),
      requestTimeout: timeouts.request,
      connectionsCheckingInterval: timeouts.checkEvery,
      // Node's own answer would have no body, and no line in the log.
      requireHostHeader: false,
      ...upgradeOptions,
    },
    // A path that can't be decoded reaches no hook, and is answered and logged like any other request.
    frameworkErrors: (error, request, reply) => {
      setHeaders(request, reply);
      const elapsed = systemStopwatch();
      onResponseEnd(request, reply, () => logRequest(log, request, reply, elapsed()));
      answerFailure(error, request, reply, log);
    },
    clientErrorHandler: answerUnreadable,
  });
  keepAllHeaders(http);
  answerExpectations(http);
  const connections = watchConnections(http, parts.connections);
  http.decorateRequest("outcome", undefined);
  http.decorateRequest("credential", undefined);
  http.decorateRequest("errorCode", undefined);
  http.decorateRequest("span", undefined);
  // GraphQL comes as JSON, which the endpoint reads itself; any other type is refused before its body is read.
  http.removeAllContentTypeParsers();
  http.addContentTypeParser("application/json", (_request, _body, done) => done(null));

  const setHeaders = (request: FastifyRequest, reply: FastifyReply) => {
    reply.header("x-request-id", request.id);
    reply.headers(securityHeaders);
    const path = pathOf(request);
    if (path === endpoint) reply.header("cache-control", "private, no-store");
    // No page has any business with it, wherever it may call.
    if (forOperators.has(path)) reply.header("cache-control", "no-store");
    else allowOrigin(corsOrigins, request, reply);
  };
  http.addHook("onRequest", (request, reply, done) => {
    // Nothing more is done for it.
    if (!connections.begin(request, reply)) return;
    // Fastify has none where neither a logger nor a hook waits for the answer.
    const elapsed = systemStopwatch();
    setHeaders(request, reply);
    const isForOperators = forOperators.has(pathOf(request));
    if (tracing !== undefined && !isForOperators) request.span = traceRequest(tracing, request);
    // A socket's line is written when it closes.
    onResponseEnd(request, reply, () => {
      connections.end(reply);
      if (request.span !== undefined) endTrace(request.span, request, reply);
      if (upgradeOf(request) !== undefined && !reply.raw.headersSent) return;
      const milliseconds = elapsed();
      logRequest(log, request, reply, milliseconds, isForOperators ? "debug" : "info");
      if (metrics !== undefined && !isForOperators) measureRequest(metrics, request, reply, milliseconds);
    });
    const fault = faultOf(request, parts.longestUrl);
    if (fault === undefined) done();
    else answerError(reply, new KnownError("BAD_REQUEST", fault.message), fault.status);
  });

  const service = startGate<Service>(timer, parts.longestWait);
  const answer = ({ graphql, upgrade }: Service, request: FastifyRequest, reply: FastifyReply) => {
    const asked = upgradeOf(request);
    return asked === undefined ? answerGraphql(graphql, request, reply) : upgrade(asked, request, reply);
  };
  const answerLater = async (request: FastifyRequest, reply: FastifyReply) => {
    const serving = await service.wait();
    if (!request.raw.socket.destroyed) return answer(serving, request, reply);
    return reply.hijack();
  };
  http.route({
    method: ["GET", "POST"],
    url: endpoint,
    handler(request, reply) {
      const serving = service.now();
      return serving === undefined ? answerLater(request, reply) : answer(serving, request, reply);
    },
  });
  routeUpgrades(http);

  if (metricsText !== undefined) routeMetrics(http, metricsText);
  let isDraining = false;
  routeHealth(http, async () => {
    if (isDraining) return { reason: "STOPPING", message: "The server stops" };
    const serving = service.now();
    return serving === undefined ? { reason: "STARTING", message: "The server starts" } : serving.readiness();
  });

  http.options(endpoint, async (request, reply) => answerPreflight(request, reply));

  const createContext: ContextFactory["createContext"] = async (caller) => (await service.wait()).createContext(caller);
  if (explorer === undefined) http.get("/", { exposeHeadRoute: true }, async () => ({ name, graphql: endpoint }));
  else routeExplorer(http, createContext, explorer.isProduction);

  if (publicKeys !== undefined) {
    // An old key stays in the list while its tokens live, so minutes of caching do no harm (RFC 7517).
    http.get(keySetPath, async (_request, reply) =>
      reply.header("cache-control", "public, max-age=300").type("application/jwk-set+json").send({ keys: publicKeys }),
    );
  }

  http.setNotFoundHandler((request, reply) => {
    const path = pathOf(request);
    if (path !== endpoint && path !== "/" && !forOperators.has(path))
      return answerError(reply, new KnownError("NOT_FOUND", `There is nothing here; GraphQL is at ${endpoint}`), 404);
    reply.header("allow", path === endpoint ? "GET, POST" : path === "/" ? "GET" : "GET, HEAD");
    return answerError(reply, new KnownError("METHOD_NOT_ALLOWED", "This method is not allowed here"));
  });
  http.setErrorHandler<FastifyError>((error, request, reply) => answerFailure(error, request, reply, log));
  return {
    http,
    serve: service.begin,
    drain: () => (isDraining = true),
    connections: connections.count,
  };
}
