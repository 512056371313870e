import { randomUUID } from "node:crypto";

import type { FastifyReply, FastifyRequest } from "fastify";
import type { Logger } from "pino";

import { idsOf, type SignedIds } from "../../kit/auth.js";
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

const noIds: Partial<SignedIds> = {};

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
  const isAborted = !reply.raw.writableFinished;
  const { userId, sessionId } = credential === undefined ? noIds : idsOf(credential);
  // Properties that are undefined are left out of the line.
  log[level](
    {
      requestId: request.id,
      traceId: request.span?.traceId,
      method: request.method,
      path: sentPathOf(request),
      address: clientAddressOf(request),
      aborted: isAborted ? true : undefined,
      status: isAborted ? undefined : reply.statusCode,
      operation: credential && (outcome?.operationName?.slice(0, longestName) ?? null),
      rootFields: credential && (outcome?.rootFieldNames.slice(0, mostRootFields) ?? []),
      credential: credential?.state,
      userId,
      sessionId,
      code,
      reason,
      durationMs: Math.round(milliseconds * 10) / 10,
    },
    "request",
  );
}
