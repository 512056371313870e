import { Readable } from "node:stream";

import type { FastifyReply } from "fastify";

import { tooBusy } from "../../foundation/fairness/turns.js";
import type { ByteShare } from "../connection/byte-budget.js";

// A share of the answer at a time, so that a client's progress shows.
const chunkSize = 64 * 1024;

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
  pieces: readonly (string | Buffer)[],
  share: ByteShare,
  how: { readonly timeoutMilliseconds: number; readonly evenWithoutRoom: boolean },
): FastifyReply {
  reply.raw.setTimeout(how.timeoutMilliseconds);
  const length = pieces.reduce((sum, piece) => sum + Buffer.byteLength(piece), 0);
  if (length <= chunkSize)
    return reply.send(
      Buffer.concat(
        pieces.map((piece) => bytesOf(piece)),
        length,
      ),
    );
  if (!share.takeUpTo(length) && !how.evenWithoutRoom) throw tooBusy();
  reply.header("content-length", length);
  return reply.send(Readable.from(chunksOf(pieces, share), { objectMode: false }));
}

const bytesOf = (piece: string | Buffer): Buffer => (typeof piece === "string" ? Buffer.from(piece) : piece);

/** The pieces in chunks, each made when the client has room for it. */
function* chunksOf(pieces: readonly (string | Buffer)[], share: ByteShare): Generator<Buffer> {
  let parts: Buffer[] = [];
  let size = 0;
  for (const part of cut(pieces)) {
    parts.push(part);
    size += part.length;
    if (size < chunkSize) continue;
    share.awaitClient();
    yield Buffer.concat(parts, size);
    parts = [];
    size = 0;
  }
  share.awaitClient();
  yield Buffer.concat(parts, size);
}

/** The pieces as bytes, never much of a long text at a time. */
function* cut(pieces: readonly (string | Buffer)[]): Generator<Buffer> {
  for (const piece of pieces) {
    if (typeof piece !== "string") {
      yield piece;
      continue;
    }
    for (let start = 0; start < piece.length;) {
      let end = start + chunkSize;
      // Both halves of a surrogate pair belong together.
      if (isLowSurrogate(piece.charCodeAt(end))) end += 1;
      yield Buffer.from(piece.slice(start, end));
      start = end;
    }
  }
}

const isLowSurrogate = (unit: number): boolean => unit >= 0xdc00 && unit <= 0xdfff;
