import type { Socket } from "node:net";

import { fastify, type FastifyError, type FastifyInstance, type FastifyReply, type FastifyRequest } from "fastify";
import type { Logger } from "pino";

import type { OperationContext } from "../create-context.js";
import type { ErrorCode } from "../errors.js";
import { inNextTurn } from "../clock.js";
import type { PublicKey } from "../config/signing-keys.js";
import { answerGraphql, type GraphqlEndpoint } from "./graphql-endpoint.js";
import { allowOrigin, answerPreflight } from "./cors.js";
import { answerError, answerFailure, answerUnreadable } from "./error-response.js";
import { routeExplorer } from "./explorer.js";
import { standingHeaders } from "./headers.js";
import { endpointPath as endpoint, pathOf } from "./paths.js";
import { logRequest, requestIdOf } from "./request-log.js";
import { routeUpgrades, upgradeOf, upgradeOptions, type Upgrade } from "./upgrade.js";
import { whenOver } from "./when-over.js";

declare module "fastify" {
  interface FastifyRequest {
    /** The context of the GraphQL operation that this request carries, once there is one. */
    operationContext: OperationContext | undefined;
    /** The code of what was answered in place of an operation. */
    errorCode: ErrorCode | undefined;
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

/** Builds the HTTP server around a started Apollo Server; it listens nowhere yet. */
export function makeHttpServer(parts: {
  readonly graphql: Omit<GraphqlEndpoint, "parseJson">;
  /** Makes a socket of a connection at the GraphQL endpoint, or refuses to. */
  readonly upgrade: (upgrade: Upgrade, request: FastifyRequest, reply: FastifyReply) => Promise<FastifyReply>;
  readonly log: Logger;
  readonly name: string;
  /** Undefined where a browser gets no more than the endpoint's path. */
  readonly explorer: { readonly isProduction: boolean } | undefined;
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
}): FastifyInstance {
  const { graphql, log, name, explorer, trustProxy, publicKeys, timeouts } = parts;
  const corsOrigins = new Set(parts.corsOrigins);
  const http = fastify({
    trustProxy: trustProxy === undefined ? false : [...trustProxy],
    // One line a request is ours to write, and so is the request's id.
    logger: false,
    requestIdHeader: false,
    genReqId: requestIdOf,
    exposeHeadRoutes: false,
    // What still comes on a connection that is open when the server stops is answered like anything else.
    return503OnClosing: false,
    requestTimeout: timeouts.request,
    http: {
      headersTimeout: timeouts.headers,
      connectionsCheckingInterval: timeouts.checkEvery,
      ...upgradeOptions,
    },
    // A path that can't be decoded reaches no hook, and is answered and logged like any other request.
    frameworkErrors: (error, request, reply) => {
      setHeaders(request, reply);
      whenOver(request, reply, () => logRequest(log, request, reply));
      answerFailure(error, request, reply, log);
    },
    clientErrorHandler: answerUnreadable,
  });
  // The server's own maxConnections would let workers pass a connection on for ever where all of them are full.
  let open = 0;
  const counted = new WeakSet<Socket>();
  http.server.on("connection", (socket: Socket) => {
    // One whose request is read again comes a second time.
    if (counted.has(socket)) return;
    counted.add(socket);
    open += 1;
    socket.once("close", () => (open -= 1));
    if (open > parts.connections) socket.destroy();
    // Each request that waits on a connection listens to it.
    socket.setMaxListeners(0);
  });
  // A connection that is idle only after its last answer would be waited for as long as its client keeps it.
  let isStopping = false;
  http.addHook("preClose", (done) => {
    isStopping = true;
    done();
  });
  http.decorateRequest("operationContext", undefined);
  http.decorateRequest("errorCode", undefined);
  // GraphQL comes as JSON, which the endpoint reads itself; any other type is refused before its body is read.
  http.removeAllContentTypeParsers();
  http.addContentTypeParser("application/json", (_request, _body, done) => done(null));

  const setHeaders = (request: FastifyRequest, reply: FastifyReply) => {
    reply.header("x-request-id", request.id);
    reply.headers(standingHeaders);
    if (pathOf(request) === endpoint) reply.header("cache-control", "private, no-store");
    allowOrigin(corsOrigins, request, reply);
  };
  http.addHook("onRequest", (request, reply, done) => {
    setHeaders(request, reply);
    // A socket's line is written when it closes.
    whenOver(request, reply, () => {
      if (upgradeOf(request) === undefined || reply.raw.headersSent) logRequest(log, request, reply);
      if (isStopping) inNextTurn(() => http.server.closeIdleConnections());
    });
    if (request.url.length > parts.longestUrl)
      answerError(reply.code(414), "BAD_REQUEST", `A URL may have ${parts.longestUrl} characters at most`);
    else done();
  });

  const parse = http.getDefaultJsonParser("error", "error");
  const parseJson = (text: string): unknown => {
    let parsed: unknown;
    // It calls back at once.
    void parse(undefined as never, text, (error, body) => {
      if (error !== null) throw error;
      parsed = body;
    });
    return parsed;
  };
  const graphqlEndpoint = { ...graphql, parseJson };
  http.route({
    method: ["GET", "POST"],
    url: endpoint,
    handler(request, reply) {
      const upgrade = upgradeOf(request);
      return upgrade === undefined
        ? answerGraphql(graphqlEndpoint, request, reply)
        : parts.upgrade(upgrade, request, reply);
    },
  });
  routeUpgrades(http);

  http.options(endpoint, async (request, reply) => answerPreflight(request, reply));

  if (explorer === undefined) http.get("/", { exposeHeadRoute: true }, async () => ({ name, graphql: endpoint }));
  else routeExplorer(http, graphql.createContext, explorer.isProduction);

  if (publicKeys !== undefined) {
    // An old key stays in the list while its tokens live, so minutes of caching do no harm (RFC 7517).
    http.get(keySetPath, async (_request, reply) =>
      reply.header("cache-control", "public, max-age=300").type("application/jwk-set+json").send({ keys: publicKeys }),
    );
  }

  http.setNotFoundHandler((request, reply) => {
    if (pathOf(request) !== endpoint && pathOf(request) !== "/")
      return answerError(reply.code(404), "NOT_FOUND", `There is nothing here; GraphQL is at ${endpoint}`);
    reply.header("allow", pathOf(request) === endpoint ? "GET, POST" : "GET");
    return answerError(reply, "METHOD_NOT_ALLOWED", "This method is not allowed here");
  });
  http.setErrorHandler<FastifyError>((error, request, reply) => answerFailure(error, request, reply, log));
  return http;
}
