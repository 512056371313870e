import type { FastifyReply } from "fastify";

import { tooBusy } from "../../foundation/fairness/fair-limiter.js";
import { failed, formatted, type Outcome } from "../../graphql/outcome.js";
import type { AnswerRoom } from "../connection/byte-budget.js";
import { httpOf } from "./http-of.js";
import type { Acceptance } from "./media-type.js";
import { byteLengthOf, chunkBytes, streamOf, wholeBody } from "./response-body.js";

/**
 * Sends an outcome as the response. If there is no room for it, `SERVICE_UNAVAILABLE` is sent instead, except for a
 * mutation: its client must learn what has been done.
 *
 * @param sendTimeoutMilliseconds the connection is closed if its client reads nothing for this long.
 */
export function respond(
  reply: FastifyReply,
  outcome: Outcome,
  accept: Acceptance,
  room: AnswerRoom,
  sendTimeoutMilliseconds: number,
): FastifyReply {
  reply.raw.setTimeout(sendTimeoutMilliseconds);
  const length = byteLengthOf(outcome.body);
  if (length <= chunkBytes) {
    writeHead(reply, outcome, accept);
    return reply.send(wholeBody(outcome.body, length));
  }
  const share = room.of(outcome.clientKey!);
  if (!share.takeUpTo(length) && outcome.kind !== "mutation") {
    const busy = failed(formatted(tooBusy()), 503, outcome);
    return respond(reply, busy, accept, room, sendTimeoutMilliseconds);
  }
  writeHead(reply, outcome, accept);
  reply.header("content-length", length);
  return reply.send(streamOf(outcome.body, share));
}

function writeHead(reply: FastifyReply, outcome: Outcome, accept: Acceptance): void {
  reply.request.outcome = outcome;
  const { status, statusText = "", type, headers } = httpOf(outcome, accept);
  reply.code(status).headers(headers).type(type);
  reply.raw.statusMessage = statusText;
}
