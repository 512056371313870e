import { randomUUID } from "node:crypto";
import { STATUS_CODES } from "node:http";
import type { Socket } from "node:net";

import type { FastifyError, FastifyReply, FastifyRequest } from "fastify";
import type { Logger } from "pino";

import { KnownError, ownErrorCodes, type ErrorCode } from "../../foundation/errors.js";
import { formatted } from "../../graphql/outcome.js";
import { httpOf } from "../endpoint/http-of.js";
import { acceptOf } from "../endpoint/media-type.js";
import { securityHeaders } from "./headers.js";

/**
 * Answers a request that never became a GraphQL request, in GraphQL's form all the same.
 *
 * @param status if it isn't the status of the error's code.
 */
export function answerError(reply: FastifyReply, error: KnownError, status?: number): FastifyReply {
  const { request } = reply;
  request.errorCode = error.code;
  const errors = [formatted(error)];
  const failure = { code: error.code, status: status ?? ownErrorCodes.get(error.code)! };
  const head = httpOf({ auth: undefined, errors, failure, hasData: false, isNoRequest: true }, acceptOf(request));
  reply.code(head.status).headers(head.headers);
  // The rest of the request is not worth reading.
  if (!request.raw.readableEnded) reply.header("connection", "close");
  return reply.type(head.type).send({ errors });
}

/** Answers a request with what a route or a hook threw. */
export function answerFailure(
  error: FastifyError | KnownError,
  request: FastifyRequest,
  reply: FastifyReply,
  log: Logger,
): FastifyReply {
  return answerError(reply, error instanceof KnownError ? error : knownErrorOf(error, request, log));
}

function knownErrorOf(error: FastifyError, request: FastifyRequest, log: Logger): KnownError {
  const { statusCode = 500 } = error;
  if (statusCode === 415)
    return new KnownError("UNSUPPORTED_MEDIA_TYPE", "A request's Content-Type must be application/json");
  if (statusCode >= 400 && statusCode < 500)
    return new KnownError("BAD_REQUEST", "The request could not be read as JSON over HTTP");
  const incidentId = randomUUID();
  log.error({ incidentId, requestId: request.id, err: error }, "internal error");
  return new KnownError("INTERNAL_SERVER_ERROR", "Internal server error", { incidentId });
}

/** Answers bytes that could not be read as an HTTP request, if the client may still be listening. */
export function answerUnreadable({ code }: Error & { code?: string }, socket: Socket): void {
  if (code === "ECONNRESET" || !socket.writable) return void socket.destroy();
  const status = { HPE_HEADER_OVERFLOW: 431, ERR_HTTP_REQUEST_TIMEOUT: 408 }[code ?? ""] ?? 400;
  const badRequest: ErrorCode = "BAD_REQUEST";
  const body = JSON.stringify({ errors: [{ message: STATUS_CODES[status]!, extensions: { code: badRequest } }] });
  const headers = {
    ...securityHeaders,
    "cache-control": "private, no-store",
    "content-type": "application/json; charset=utf-8",
    "content-length": Buffer.byteLength(body),
    connection: "close",
  };
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
  socket.end(`HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\n${lines.join("")}\r\n${body}`);
}
