import type { FastifyReply } from "fastify";

import type { Live } from "../../kit/context.js";
import type { StreamFraming } from "./stream-framing.js";

/** A response that carries the answers of a subscription, one after the other. */
export type AnswerStream = {
  readonly live: Live;
  /** Whether the operation was a subscription, and has started. */
  hasBegun(): boolean;
  /** Sends the first answer, given as JSON, and those that follow. */
  start(first: string): void;
  /** Closes it, if no answers will follow. */
  close(): void;
};

/** Starts a response whose body is a stream. */
export function writeStreamHead(reply: FastifyReply, framing: StreamFraming): void {
  reply.hijack();
  reply.raw.writeHead(200, {
    ...(reply.getHeaders() as Record<string, string>),
    "content-type": framing.contentType,
    // A proxy that buffers the response would hold all events back.
    "x-accel-buffering": "no",
  });
}
