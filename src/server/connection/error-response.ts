import { randomUUID } from "node:crypto";
import { STATUS_CODES } from "node:http";
import type { Socket } from "node:net";

import type { FastifyError, FastifyReply, FastifyRequest } from "fastify";
import type { GraphQLFormattedError } from "graphql";
import type { Logger } from "pino";

import { KnownError, ownErrorCodes, type ErrorCode } from "../../foundation/errors.js";
import { mediaTypeFor, readAccept } from "../endpoint/media-type.js";
import { standingHeaders } from "./headers.js";

/** Answers a request that never became a GraphQL request, in GraphQL's form all the same. */
export function answerError(reply: FastifyReply, code: ErrorCode, message: string, details = {}): FastifyReply {
  if (reply.statusCode === 200) reply.code(ownErrorCodes.get(code)!);
  addRetryAfter(reply, details);
  // RFC 9110, section 15.5.16: a client that compressed its body reads here that none is taken.
  if (code === "UNSUPPORTED_MEDIA_TYPE") reply.header("accept-encoding", "identity");
  reply.request.errorCode = code;
  // What is left of the request is not worth reading.
  if (!reply.request.raw.readableEnded) reply.header("connection", "close");
  return reply.type(mediaTypeFor(reply.request)).send(bodyOf(code, message, details));
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
  if (statusCode === 415)
    return answerError(reply, "UNSUPPORTED_MEDIA_TYPE", "A request's Content-Type must be application/json");
  if (statusCode >= 400 && statusCode < 500)
    return answerError(reply, "BAD_REQUEST", "The request could not be read as JSON over HTTP");
  const incidentId = randomUUID();
  log.error({ incidentId, requestId: request.id, err: error }, "internal error");
  return answerError(reply, "INTERNAL_SERVER_ERROR", "Internal server error", { incidentId });
}

/** Answers an operation that failed before, or after, it was executed; with 200 to who reads no other status. */
export function answerOperationFailure(
  { message, extensions }: GraphQLFormattedError,
  request: FastifyRequest,
  reply: FastifyReply,
): FastifyReply {
  const { code, ...details } = extensions as { code: ErrorCode };
  const status = readAccept(request.headers.accept).onlyJson ? 200 : ownErrorCodes.get(code)!;
  addRetryAfter(reply, details);
  request.errorCode = code;
  return reply
    .code(status)
    .type(mediaTypeFor(request))
    .send(bodyOf(code, message, details));
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

function addRetryAfter(reply: FastifyReply, { retryAfterSeconds }: { readonly retryAfterSeconds?: number }): void {
  if (retryAfterSeconds !== undefined) reply.header("retry-after", retryAfterSeconds);
}

function bodyOf(code: ErrorCode, message: string, details: object) {
  return { errors: [{ message, extensions: { code, ...details } }] };
}
