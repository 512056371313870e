import type { ApolloServer } from "@apollo/server";
import { fastifyApolloHandler } from "@as-integrations/fastify";
import { fastify, type FastifyError, type FastifyInstance, type FastifyReply, type FastifyRequest } from "fastify";
import type { Logger } from "pino";

import type { Caller, Context } from "../context.js";
import { graphqlResponseJson, readAccept } from "./media-type.js";
import type { PublicKey } from "../config/signing-keys.js";
import { partialSuccess } from "../operation/response-status.js";
import { allowOrigin, answerPreflight } from "./cors.js";
import { answerError, answerFailure, answerUnreadable, failureBeforeOperation } from "./error-response.js";
import { standingHeaders } from "./headers.js";
import { landingPage, landingPagePolicy } from "./landing-page.js";
import { logRequest, pathOf, requestIdOf } from "./request-log.js";
import { putDocument, type TrustedDocuments } from "../operation/trusted-documents.js";

declare module "fastify" {
  interface FastifyRequest {
    /** The context of the GraphQL operation that this request carries, once there is one. */
    operationContext: Context | undefined;
  }
}

/** Where the GraphQL endpoint is. */
export const endpoint = "/graphql";

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
  readonly apollo: ApolloServer<Context>;
  readonly createContext: (caller: Caller) => Promise<Context>;
  readonly log: Logger;
  readonly name: string;
  readonly offersSandbox: boolean;
  /** The web origins whose pages may call; `*` for all. */
  readonly corsOrigins: readonly string[];
  /** The proxies whose word on a client's address counts. */
  readonly trustProxy: readonly string[] | undefined;
  readonly trustedDocuments: TrustedDocuments | undefined;
  /** What others verify tokens with; undefined where only a secret can. */
  readonly publicKeys: readonly PublicKey[] | undefined;
  readonly timeouts: SenderTimeouts;
  readonly bodyLimitBytes: number;
  /** In characters, as it stands in the request's first line. */
  readonly longestUrl: number;
  /** How many may be open at a time; one more is closed at once. */
  readonly connections: number;
}): FastifyInstance {
  const { apollo, createContext, log, name, offersSandbox, trustProxy, trustedDocuments, publicKeys } = parts;
  const { timeouts, bodyLimitBytes: bodyLimit } = parts;
  const corsOrigins = new Set(parts.corsOrigins);
  const http = fastify({
    trustProxy: trustProxy === undefined ? false : [...trustProxy],
    bodyLimit,
    // One line a request is ours to write, and so is the request's id.
    logger: false,
    requestIdHeader: false,
    genReqId: requestIdOf,
    exposeHeadRoutes: false,
    requestTimeout: timeouts.request,
    http: { headersTimeout: timeouts.headers, connectionsCheckingInterval: timeouts.checkEvery },
    // A path that can't be decoded reaches no hook, and is answered and logged like any other request.
    frameworkErrors: (error, request, reply) => {
      setHeaders(request, reply);
      answerFailure(error, request, reply, log);
      logRequest(log, request, reply);
    },
    clientErrorHandler: answerUnreadable,
  });
  http.server.maxConnections = parts.connections;
  http.decorateRequest("operationContext", undefined);
  // GraphQL comes as JSON; text/plain, which fastify would parse, needs no preflight in a browser.
  http.removeContentTypeParser("text/plain");

  const setHeaders = (request: FastifyRequest, reply: FastifyReply) => {
    reply.header("x-request-id", request.id);
    reply.headers(standingHeaders);
    if (pathOf(request) === endpoint) reply.header("cache-control", "private, no-store");
    allowOrigin(corsOrigins, request, reply);
  };
  http.addHook("onRequest", async (request, reply) => {
    setHeaders(request, reply);
    // A request that its client gave up has no response to wait for.
    reply.raw.once("close", () => {
      if (!reply.raw.writableFinished) logRequest(log, request, reply);
    });
    if (request.url.length > parts.longestUrl)
      return answerError(reply.code(414), "BAD_REQUEST", `A URL may have ${parts.longestUrl} characters at most`);
  });
  http.addHook("onSend", async (request, reply) => {
    // Also of one that turned out to be no operation, of which Apollo Server tells its plugins nothing.
    request.operationContext?.liftDeadline();
    // Whoever can read the newer type gets it: in plain JSON, a 401 is taken for a broken transport and its code not seen.
    if (
      pathOf(request) === endpoint &&
      reply.hasHeader("content-type") &&
      readAccept(request.headers.accept).namesNewType
    )
      reply.type(graphqlResponseJson);
    // Node knows no words for it.
    if (reply.statusCode === partialSuccess) reply.raw.statusMessage = "Partial Success";
  });
  http.addHook("onResponse", async (request, reply) => logRequest(log, request, reply));

  http.route({
    method: ["GET", "POST"],
    url: endpoint,
    async preHandler(request, reply) {
      // Before anything runs: a client that can't read the answer should not have caused a change either.
      if (!readAccept(request.headers.accept).something)
        return answerError(
          reply,
          "NOT_ACCEPTABLE",
          "Accept must allow application/graphql-response+json or application/json",
        );
      if (trustedDocuments !== undefined) putDocument(request, trustedDocuments);
    },
    handler: fastifyApolloHandler(apollo, {
      async context(request) {
        try {
          request.operationContext = await createContext({
            authorization: request.raw.headersDistinct["authorization"] ?? [],
            userAgent: request.headers["user-agent"] ?? null,
            address: request.ip,
            requestId: request.id,
          });
          return request.operationContext;
        } catch (error) {
          throw failureBeforeOperation(error, request.headers.accept);
        }
      },
    }),
  });

  http.options(endpoint, async (request, reply) => answerPreflight(request, reply));

  http.get("/", { exposeHeadRoute: true }, async (_request, reply) => {
    if (!offersSandbox) return { name, graphql: endpoint };
    reply.header("content-security-policy", landingPagePolicy);
    // Sandbox opens a window to sign in to Apollo, which has to find its way back.
    reply.header("cross-origin-opener-policy", "same-origin-allow-popups");
    return reply.type("text/html; charset=utf-8").send(landingPage);
  });

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
