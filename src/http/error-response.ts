import { randomUUID } from "node:crypto";
import { STATUS_CODES } from "node:http";
import type { Socket } from "node:net";

import type { FastifyError, FastifyReply, FastifyRequest } from "fastify";
import { GraphQLError } from "graphql";
import type { Logger } from "pino";

import { isDatabaseAway } from "../database/database.js";
import { KnownError, statusOfCode, type ErrorCode } from "../errors.js";
import { readAccept } from "./media-type.js";
import { standingHeaders } from "./headers.js";

/** Answers a request that never became a GraphQL request, in GraphQL's form all the same. */
export function answerError(reply: FastifyReply, code: ErrorCode, message: string, details = {}): FastifyReply {
  if (reply.statusCode === 200) reply.code(statusOfCode[code]);
  return reply.type("application/json; charset=utf-8").send(bodyOf(code, message, details));
}

/** Answers what was thrown on the way to a route. */
export function answerFailure(
  error: FastifyError | KnownError,
  request: FastifyRequest,
  reply: FastifyReply,
  log: Logger,
): FastifyReply {
  reply.code(200);
  if (error instanceof KnownError) return answerError(reply, error.code, error.message, error.details);
  const { statusCode = 500 } = error;
  if (statusCode === 413)
    return answerError(
      reply,
      "PAYLOAD_TOO_LARGE",
      `A request's body may have ${request.routeOptions.bodyLimit} bytes at most`,
    );
  if (statusCode === 415)
    return answerError(reply, "UNSUPPORTED_MEDIA_TYPE", "A request's Content-Type must be application/json");
  if (statusCode >= 400 && statusCode < 500)
    return answerError(reply, "BAD_REQUEST", "The request could not be read as JSON over HTTP");
  const incidentId = randomUUID();
  log.error({ incidentId, requestId: request.id, err: error }, "internal error");
  return answerError(reply, "INTERNAL_SERVER_ERROR", "Internal server error", { incidentId });
}

/**
 * A failure before an operation could begin, with the status of its code, where Apollo Server would answer 500 whatever
 * failed and whoever asks.
 */
export function failureBeforeOperation(cause: unknown, accept: string | undefined): GraphQLError {
  const code = isDatabaseAway(cause) ? "SERVICE_UNAVAILABLE" : "INTERNAL_SERVER_ERROR";
  return new GraphQLError("The operation could not begin", {
    originalError: cause instanceof Error ? cause : new Error(String(cause)),
    extensions: { http: { status: readAccept(accept).onlyJson ? 200 : statusOfCode[code] } },
  });
}

/** Answers what could not be read as an HTTP request, where somebody may still be listening. */
export function answerUnreadable({ code }: Error & { code?: string }, socket: Socket): void {
  if (code === "ECONNRESET" || !socket.writable) return void socket.destroy();
  const status = { HPE_HEADER_OVERFLOW: 431, ERR_HTTP_REQUEST_TIMEOUT: 408 }[code ?? ""] ?? 400;
  const body = JSON.stringify(bodyOf("BAD_REQUEST", STATUS_CODES[status]!, {}));
  const headers = {
    ...standingHeaders,
    "cache-control": "private, no-store",
    "content-type": "application/json; charset=utf-8",
    "content-length": Buffer.byteLength(body),
    connection: "close",
  };
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
  socket.end(`HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\n${lines.join("")}\r\n${body}`);
}

function bodyOf(code: ErrorCode, message: string, details: object) {
  return { errors: [{ message, extensions: { code, ...details } }] };
}
