import type { FastifyReply, FastifyRequest } from "fastify";

import type { Metrics } from "../../foundation/metrics/metrics.js";
import type { Named } from "../../foundation/metrics/operation-label.js";

/** Counts a request, answered or given up by its client. */
export function measureRequest(
  metrics: Metrics,
  request: FastifyRequest,
  reply: FastifyReply,
  milliseconds: number,
): void {
  const outcome = request.operationContext?.outcome;
  const named: Named | undefined = outcome ?? request.operationName;
  const { code = request.errorCode, reason } = outcome?.error ?? {};
  const isAnswered = reply.raw.writableFinished;
  metrics.request({
    outcome: named,
    status: isAnswered ? reply.statusCode : undefined,
    code,
    reason,
    // A stream lasts as long as its client wants.
    seconds: isAnswered && outcome?.isSubscription !== true ? milliseconds / 1000 : undefined,
  });
}
