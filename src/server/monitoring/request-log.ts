import { randomUUID } from "node:crypto";

import type { FastifyReply, FastifyRequest } from "fastify";
import type { Logger } from "pino";

import { idsOf } from "../../kit/auth.js";
import { clientAddressOf } from "../connection/client-address.js";
import { sentPathOf } from "../connection/paths.js";

/** The caller's request id where it could be one of a tracing system, so that logs can be joined; else a new one. */
export function requestIdOf(request: { headers: Record<string, string | string[] | undefined> }): string {
  const given = request.headers["x-request-id"];
  return typeof given === "string" && /^[\w.:-]{1,128}$/.test(given) ? given : randomUUID();
}

const longestName = 100;

const mostRootFields = 5;

/** Writes the one line of a request, answered or given up by its client. */
export function logRequest(
  log: Logger,
  request: FastifyRequest,
  reply: FastifyReply,
  milliseconds: number,
  level: "info" | "debug" = "info",
): void {
  const context = request.operationContext;
  const { code = request.errorCode, reason } = context?.outcome.error ?? {};
  log[level](
    {
      requestId: request.id,
      ...(request.span && { traceId: request.span.traceId }),
      method: request.method,
      path: sentPathOf(request),
      address: clientAddressOf(request),
      ...(!reply.raw.writableFinished ? { aborted: true } : { status: reply.statusCode }),
      ...(context && {
        operation: context.outcome.operationName?.slice(0, longestName) ?? null,
        rootFields: context.outcome.rootFieldNames.slice(0, mostRootFields),
        credential: context.auth.state,
        ...idsOf(context.auth),
      }),
      ...(code !== undefined && { code }),
      ...(reason !== undefined && { reason }),
      durationMs: Math.round(milliseconds * 10) / 10,
    },
    "request",
  );
}
