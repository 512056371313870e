import type { FastifyReply } from "fastify";

import type { Live } from "../../kit/context.js";
import type { StreamFraming } from "./stream-framing.js";

/** A response that answers of a subscription can follow each other in. */
export type AnswerStream = {
  readonly live: Live;
  /** Whether the operation was a subscription, which has begun. */
  readonly hasBegun: () => boolean;
  /** Sends the first answer, given as JSON, and whatever follows. */
  readonly start: (first: string) => void;
  /** There is nothing to follow. */
  readonly close: () => void;
};

/** Begins a response whose body is a stream. */
export function writeStreamHead(reply: FastifyReply, framing: StreamFraming): void {
  reply.hijack();
  reply.raw.writeHead(200, {
    ...(reply.getHeaders() as Record<string, string>),
    "content-type": framing.contentType,
    // A proxy that collects an answer before it passes it on would keep all events.
    "x-accel-buffering": "no",
  });
}
