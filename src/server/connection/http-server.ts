import { fastify, type FastifyError, type FastifyInstance, type FastifyReply, type FastifyRequest } from "fastify";
import type { Logger } from "pino";

import type { Auth } from "../../kit/auth.js";
import { systemStopwatch, type Timer } from "../../foundation/clock.js";
import type { PublicKey } from "../../foundation/config/signing-keys.js";
import { KnownError, type ErrorCode } from "../../foundation/errors.js";
import type { Metrics } from "../../foundation/metrics/metrics.js";
import type { RequestSpan, Tracing } from "../../foundation/tracing/span.js";
import type { ContextFactory } from "../../graphql/create-context.js";
import type { Outcome } from "../../graphql/outcome.js";
import { answerGraphql, type GraphqlEndpoint } from "../endpoint/graphql-endpoint.js";
import { routeExplorer } from "../explorer/explorer.js";
import { routeHealth } from "../monitoring/health.js";
import { routeMetrics } from "../monitoring/metrics.js";
import type { Readiness } from "../monitoring/readiness.js";
import { logRequest, requestIdOf } from "../monitoring/request-log.js";
import { startGate, type StartGate } from "../monitoring/start-gate.js";
import type { AllowedOrigins } from "./allowed-origins.js";
import { trustedHops } from "./client-address.js";
import { answerPreflight } from "./cors.js";
import { answerError, answerFailure, answerUnreadable } from "./error-response.js";
import { onResponseEnd } from "./on-response-end.js";
import { OpenConnections } from "./open-connections.js";
import { endpointPath as endpoint, healthPath, metricsPath, pathOf, readinessPath } from "./paths.js";
import { answerExpectations, keepAllHeaders } from "./request-head.js";
import { addRequestHooks, headerSetter } from "./request-hooks.js";
import { routeUpgrades, upgradeOf, upgradeOptions, type Upgrade } from "./upgrade.js";

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

/** The path at which other services find the keys that verify tokens. */
const keySetPath = "/.well-known/jwks.json";

/** The time that a sender may take, in milliseconds. */
export type SenderTimeouts = {
  readonly headers: number;
  /** For the whole request. Without it, a slow sender could keep a server from stopping. */
  readonly request: number;
  /** The interval at which connections are checked, and by which a slow one may be noticed late. */
  readonly checkEvery: number;
};

/** Everything that answers requests once the server has started. */
export type Service = {
  readonly graphql: GraphqlEndpoint;
  readonly createContext: ContextFactory["createContext"];
  /** Turns a connection at the GraphQL endpoint into a WebSocket, or rejects it. */
  readonly upgrade: (upgrade: Upgrade, request: FastifyRequest, reply: FastifyReply) => Promise<FastifyReply>;
  readonly readiness: Readiness;
};

export type HttpServer = {
  readonly http: FastifyInstance;
  /** Answers GraphQL requests from now on, and those that have waited. */
  readonly serve: (service: Service) => void;
  /** Reports not ready from now on, so that no new requests are sent here. */
  readonly drain: () => void;
  /** Returns the number of open connections. */
  readonly connections: () => number;
};

export type HttpOptions = {
  readonly timer: Timer;
  readonly log: Logger;
  readonly name: string;
  /** Undefined if a browser gets no more than the endpoint's path. */
  readonly explorer: { readonly isProduction: boolean } | undefined;
  readonly metrics?: Metrics | undefined;
  readonly tracing?: Tracing | undefined;
  /** Returns the text for `/metrics`; undefined if there is none. */
  readonly metricsText?: (() => Promise<string>) | undefined;
  /** The web origins whose pages may call. */
  readonly origins: AllowedOrigins;
  /** The proxies that are trusted with a client's address. */
  readonly trustProxy: readonly string[] | undefined;
  /** The keys with which others verify tokens; undefined if only a secret can. */
  readonly publicKeys: readonly PublicKey[] | undefined;
  readonly timeouts: SenderTimeouts;
  /** In characters of the request's first line. */
  readonly longestUrl: number;
  /** The number of connections that may be open. One more is closed at once. */
  readonly connections: number;
  /** The time for which an operation waits for the server to start, in milliseconds. */
  readonly longestWait: number;
};

/** Builds the HTTP server. It doesn't listen yet. */
export function makeHttpServer(options: HttpOptions): HttpServer {
  const { timer, log, metricsText, publicKeys } = options;
  // These are called often and by machines, by those who run the server.
  const operatorPaths = new Set([healthPath, readinessPath, ...(metricsText === undefined ? [] : [metricsPath])]);
  const setHeaders = headerSetter(options.origins, operatorPaths);
  const http = makeFastify(options, setHeaders);
  const connections = new OpenConnections(http, options.connections);
  addRequestHooks(http, { ...options, connections, setHeaders, operatorPaths });

  const service = startGate<Service>(timer, options.longestWait);
  routeGraphql(http, service);
  if (metricsText !== undefined) routeMetrics(http, metricsText);
  let isDraining = false;
  routeHealth(http, async () => {
    if (isDraining) return { reason: "STOPPING", message: "The server is stopping" };
    const serving = service.now();
    return serving === undefined ? { reason: "STARTING", message: "The server is starting" } : serving.readiness();
  });
  routeRoot(http, service, options);
  if (publicKeys !== undefined) routeKeySet(http, publicKeys);
  setNotFound(http, operatorPaths);
  http.setErrorHandler<FastifyError>((error, request, reply) => answerFailure(error, request, reply, log));
  return { http, serve: service.begin, drain: () => (isDraining = true), connections: connections.count };
}

function makeFastify(
  { log, timeouts, trustProxy }: HttpOptions,
  setHeaders: (request: FastifyRequest, reply: FastifyReply) => void,
): FastifyInstance {
  const http = fastify({
    trustProxy: trustProxy === undefined ? false : trustedHops(trustProxy),
    // The log line and the id of a request are our own.
    logger: false,
    requestIdHeader: false,
    genReqId: requestIdOf,
    exposeHeadRoutes: false,
    // No route has a schema. Fastify would load compilers for them, and what these need.
    schemaController: { compilersFactory: { buildValidator: noSchema, buildSerializer: noSchema } },
    // The first request on a connection that is open when the server stops is answered like any other.
    return503OnClosing: false,
    requestTimeout: timeouts.request,
    http: {
      // Node rejects a timeout that is longer than that of the whole request.
      headersTimeout: Math.min(timeouts.headers, timeouts.request),
      requestTimeout: timeouts.request,
      connectionsCheckingInterval: timeouts.checkEvery,
      // Node's own response would have no body, and no line in the log.
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
  for (const name of ["outcome", "credential", "errorCode", "span"] as const) http.decorateRequest(name, undefined);
  // GraphQL comes as JSON, which the endpoint parses itself. Any other type is rejected before its body is read.
  http.removeAllContentTypeParsers();
  http.addContentTypeParser("application/json", (_request, _body, done) => done(null));
  return http;
}

function routeGraphql(http: FastifyInstance, service: StartGate<Service>): void {
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
  http.options(endpoint, async (request, reply) => answerPreflight(request, reply));
}

function routeRoot(http: FastifyInstance, service: StartGate<Service>, { explorer, name }: HttpOptions): void {
  if (explorer === undefined) http.get("/", { exposeHeadRoute: true }, async () => ({ name, graphql: endpoint }));
  else routeExplorer(http, async (caller) => (await service.wait()).createContext(caller), explorer.isProduction);
}

function routeKeySet(http: FastifyInstance, keys: readonly PublicKey[]): void {
  // An old key stays in the list while its tokens live, so minutes of caching do no harm (RFC 7517).
  http.get(keySetPath, async (_request, reply) =>
    reply.header("cache-control", "public, max-age=300").type("application/jwk-set+json").send({ keys }),
  );
}

function setNotFound(http: FastifyInstance, operatorPaths: ReadonlySet<string>): void {
  http.setNotFoundHandler((request, reply) => {
    const path = pathOf(request);
    if (path !== endpoint && path !== "/" && !operatorPaths.has(path))
      return answerError(reply, new KnownError("NOT_FOUND", `There is nothing here; GraphQL is at ${endpoint}`), 404);
    reply.header("allow", path === endpoint ? "GET, POST" : path === "/" ? "GET" : "GET, HEAD");
    return answerError(reply, new KnownError("METHOD_NOT_ALLOWED", "This method is not allowed here"));
  });
}

function noSchema(): never {
  throw new Error("no route has a schema");
}
