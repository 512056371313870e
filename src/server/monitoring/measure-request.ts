import type { FastifyReply, FastifyRequest } from "fastify";

import type { Metrics } from "../../foundation/metrics/metrics.js";
import { firstError } from "../../graphql/outcome.js";

/** Counts a request that was answered, or that its client gave up. */
export function measureRequest(
  metrics: Metrics,
  request: FastifyRequest,
  reply: FastifyReply,
  milliseconds: number,
): void {
  const { outcome } = request;
  const { code = request.errorCode, reason } = (outcome && firstError(outcome)) ?? {};
  const isAnswered = reply.raw.writableFinished;
  metrics.request({
    outcome,
    status: isAnswered ? reply.statusCode : undefined,
    code,
    reason,
    // The length of a stream is up to its client.
    seconds: isAnswered && outcome?.kind !== "subscription" ? milliseconds / 1000 : undefined,
  });
}
