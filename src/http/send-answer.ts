import { Readable } from "node:stream";

import type { FastifyReply } from "fastify";

import { tooBusy } from "../database/turns.js";
import type { ByteShare } from "./byte-budget.js";

// A share of the answer at a time, so that a client's progress shows.
const chunkCharacters = 64 * 1024;

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
  if (text.length <= chunkCharacters) return reply.send(text);
  const bytes = Buffer.byteLength(text);
  if (!share.takeUpTo(bytes) && !how.evenWithoutRoom) throw tooBusy();
  reply.header("content-length", bytes);
  return reply.send(Readable.from(chunksOf(text, share), { objectMode: false }));
}

/** The text in pieces, each made into bytes when the client has room for it: never all of it at a time. */
function* chunksOf(text: string, share: ByteShare): Generator<Buffer> {
  for (let start = 0; start < text.length;) {
    let end = start + chunkCharacters;
    // Both halves of a surrogate pair belong to one piece.
    if (isLowSurrogate(text.charCodeAt(end))) end += 1;
    share.awaitClient();
    yield Buffer.from(text.slice(start, end));
    start = end;
  }
}

const isLowSurrogate = (unit: number): boolean => unit >= 0xdc00 && unit <= 0xdfff;
