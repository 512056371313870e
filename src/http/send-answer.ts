import { Readable } from "node:stream";

import type { FastifyReply } from "fastify";

import { tooBusy } from "../database/turns.js";
import type { ByteShare } from "./byte-budget.js";

// A share of the answer at a time, so that a client's progress shows.
const chunkBytes = 64 * 1024;

/**
 * Sends an answer.
 *
 * @param share what the answer holds of all that is on its way out; bytes that it doesn't hold yet are taken.
 * @param how `timeoutMilliseconds` is how long the client may take nothing of it before the connection is closed;
 * `evenWithoutRoom` is for what has been done and must be told.
 * @throws KnownError `SERVICE_UNAVAILABLE` where there is no room for it.
 */
export function sendAnswer(
  reply: FastifyReply,
  text: string,
  share: ByteShare,
  how: { readonly timeoutMilliseconds: number; readonly evenWithoutRoom: boolean },
): FastifyReply {
  reply.raw.setTimeout(how.timeoutMilliseconds);
  if (text.length <= chunkBytes) return reply.send(text);
  const bytes = Buffer.from(text);
  if (!share.takeUpTo(bytes.length) && !how.evenWithoutRoom) throw tooBusy();
  reply.header("content-length", bytes.length);
  return reply.send(Readable.from(chunksOf(bytes, share), { objectMode: false }));
}

function* chunksOf(bytes: Buffer, share: ByteShare): Generator<Buffer> {
  for (let start = 0; start < bytes.length; start += chunkBytes) {
    share.awaitClient();
    yield bytes.subarray(start, start + chunkBytes);
  }
}
