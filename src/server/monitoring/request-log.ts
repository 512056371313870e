import { randomUUID } from "node:crypto";

import type { FastifyReply, FastifyRequest } from "fastify";
import type { Logger } from "pino";

import { idsOf } from "../../kit/auth.js";
import { firstError } from "../../graphql/outcome.js";
import { clientAddressOf } from "../connection/client-address.js";
import { sentPathOf } from "../connection/paths.js";

/** Returns the caller's request id if it is well-formed, so that logs can be joined; otherwise a new one. */
export function requestIdOf(request: { headers: Record<string, string | string[] | undefined> }): string {
  const given = request.headers["x-request-id"];
  return typeof given === "string" && /^[\w.:-]{1,128}$/.test(given) ? given : randomUUID();
}

const longestName = 100;

const mostRootFields = 5;

/** Writes the log line of a request that was answered, or that its client gave up. */
export function logRequest(
  log: Logger,
  request: FastifyRequest,
  reply: FastifyReply,
  milliseconds: number,
  level: "info" | "debug" = "info",
): void {
  const { outcome, credential = outcome?.auth } = request;
  const { code = request.errorCode, reason } = (outcome && firstError(outcome)) ?? {};
  log[level](
    {
      requestId: request.id,
      ...(request.span && { traceId: request.span.traceId }),
      method: request.method,
      path: sentPathOf(request),
      address: clientAddressOf(request),
      ...(!reply.raw.writableFinished ? { aborted: true } : { status: reply.statusCode }),
      ...(credential && {
        operation: outcome?.operationName?.slice(0, longestName) ?? null,
        rootFields: outcome?.rootFieldNames.slice(0, mostRootFields) ?? [],
        credential: credential.state,
        ...idsOf(credential),
      }),
      ...(code !== undefined && { code }),
      ...(reason !== undefined && { reason }),
      durationMs: Math.round(milliseconds * 10) / 10,
    },
    "request",
  );
}
