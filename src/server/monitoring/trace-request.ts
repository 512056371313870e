import type { FastifyReply, FastifyRequest } from "fastify";

import type { RequestSpan, Tracing } from "../../foundation/tracing/span.js";
import { firstError } from "../../graphql/outcome.js";
import { sentPathOf } from "../connection/paths.js";
import { upgradeOf } from "../connection/upgrade.js";

/** Starts the tracing span of a request. */
export const traceRequest = (tracing: Tracing, request: FastifyRequest): RequestSpan =>
  tracing.request({
    method: request.method,
    path: sentPathOf(request),
    scheme: request.protocol,
    httpVersion: request.raw.httpVersion,
    headers: request.headers,
  });

/** Ends the span of a request that was answered, that its client gave up, or that became a socket. */
export function endTrace(span: RequestSpan, request: FastifyRequest, { raw, statusCode }: FastifyReply): void {
  const isSocket = upgradeOf(request) !== undefined && !raw.headersSent;
  span.end({
    route: request.routeOptions.url,
    status: isSocket ? 101 : raw.writableFinished ? statusCode : undefined,
    code: (request.outcome && firstError(request.outcome)?.code) ?? request.errorCode,
  });
}
