import { randomUUID } from "node:crypto";

import type { ApolloServer } from "@apollo/server";
import { fastifyApolloHandler } from "@as-integrations/fastify";
import { fastify, type FastifyError, type FastifyInstance, type FastifyReply, type FastifyRequest } from "fastify";
import type { Logger } from "pino";

import type { Caller, Context } from "../context.js";
import { statusOfCode, type ErrorCode } from "../errors.js";
import { readAccept } from "./accept.js";
import type { PublicKey } from "../keys.js";
import { landingPage } from "./landing-page.js";

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

const bodyLimitBytes = 1024 * 1024;

/** Builds the HTTP server around a started Apollo Server; it listens nowhere yet. */
export function makeHttpServer(parts: {
  readonly apollo: ApolloServer<Context>;
  readonly createContext: (caller: Caller) => Promise<Context>;
  readonly log: Logger;
  readonly name: string;
  readonly offersSandbox: boolean;
  /** The proxies whose word on a client's address counts. */
  readonly trustProxy: readonly string[] | undefined;
  /** What others verify tokens with; undefined where only a secret can. */
  readonly publicKeys: readonly PublicKey[] | undefined;
}): FastifyInstance {
  const { apollo, createContext, log, name, offersSandbox, trustProxy, publicKeys } = parts;
  const http = fastify({
    trustProxy: trustProxy === undefined ? false : [...trustProxy],
    bodyLimit: bodyLimitBytes,
    // One line a request is ours to write, and so is the request's id.
    logger: false,
    requestIdHeader: false,
    genReqId: requestIdOf,
    exposeHeadRoutes: false,
    // A path that can't be decoded reaches no hook, and is answered and logged like any other request.
    frameworkErrors: (error, request, reply) => {
      setCommonHeaders(request, reply);
      answerFailure(error, request, reply, log);
      logRequest(log, request, reply);
    },
  });
  http.decorateRequest("operationContext", undefined);
  // GraphQL comes as JSON; text/plain, which fastify would parse, needs no preflight in a browser.
  http.removeContentTypeParser("text/plain");

  http.addHook("onRequest", async (request, reply) => setCommonHeaders(request, reply));
  http.addHook("onResponse", async (request, reply) => logRequest(log, request, reply));

  http.route({
    method: ["GET", "POST"],
    url: endpoint,
    async preHandler(request, reply) {
      reply.header("cache-control", "private, no-store");
      // Before anything runs: a client that can't read the answer should not have caused a change either.
      if (!readAccept(request.headers.accept).something)
        return answerError(
          reply,
          "NOT_ACCEPTABLE",
          "Accept must allow application/graphql-response+json or application/json",
        );
    },
    handler: fastifyApolloHandler(apollo, {
      async context(request) {
        const context = await createContext({
          authorization: request.raw.headersDistinct["authorization"] ?? [],
          userAgent: request.headers["user-agent"] ?? null,
          address: request.ip,
          requestId: request.id,
        });
        request.operationContext = context;
        return context;
      },
    }),
  });

  http.get("/", async (_request, reply) =>
    offersSandbox ? reply.type("text/html; charset=utf-8").send(landingPage) : { name, graphql: endpoint },
  );

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

/** Sets what every answer carries. */
function setCommonHeaders(request: FastifyRequest, reply: FastifyReply): void {
  reply.header("x-request-id", request.id);
  reply.header("x-content-type-options", "nosniff");
  reply.header("vary", "Authorization, Accept, Origin");
}

/** Answers a request that is no GraphQL request, in GraphQL's form all the same. */
function answerError(reply: FastifyReply, code: ErrorCode, message: string, details = {}): FastifyReply {
  if (reply.statusCode === 200) reply.code(statusOfCode[code]);
  return reply
    .type("application/json; charset=utf-8")
    .send({ errors: [{ message, extensions: { code, ...details } }] });
}

function answerFailure(error: FastifyError, request: FastifyRequest, reply: FastifyReply, log: Logger): FastifyReply {
  reply.code(200);
  switch (error.statusCode) {
    case 413:
      return answerError(reply, "PAYLOAD_TOO_LARGE", `A request's body may have ${bodyLimitBytes} bytes at most`);
    case 415:
      return answerError(reply, "UNSUPPORTED_MEDIA_TYPE", "A request's body must be application/json");
  }
  if (error.statusCode !== undefined && error.statusCode >= 400 && error.statusCode < 500)
    return answerError(reply, "BAD_REQUEST", "The request could not be read as JSON over HTTP");
  const incidentId = randomUUID();
  log.error({ incidentId, requestId: request.id, err: error }, "internal error");
  return answerError(reply, "INTERNAL_SERVER_ERROR", "Internal server error", { incidentId });
}

/** The caller's request id where it could be one of a tracing system, so that logs can be joined; else a new one. */
function requestIdOf(request: { headers: Record<string, string | string[] | undefined> }): string {
  const given = request.headers["x-request-id"];
  return typeof given === "string" && /^[\w.:-]{1,128}$/.test(given) ? given : randomUUID();
}

/** The one line a request. The query string stays out: it may hold variables, or a token in the wrong place. */
function logRequest(log: Logger, request: FastifyRequest, reply: FastifyReply): void {
  const context = request.operationContext;
  log.info(
    {
      requestId: request.id,
      method: request.method,
      path: pathOf(request),
      status: reply.statusCode,
      ...(context && { operation: context.course.operationName ?? null, credential: context.auth.state }),
      durationMs: Math.round(reply.elapsedTime * 10) / 10,
    },
    "request",
  );
}

function pathOf(request: FastifyRequest): string {
  return request.url.split("?", 1)[0]!;
}
