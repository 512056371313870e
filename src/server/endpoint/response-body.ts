import { Readable } from "node:stream";

import type { ByteShare } from "../connection/byte-budget.js";

/** A body is sent in chunks of this many bytes, each made when the client has room for it. */
export const chunkBytes = 64 * 1024;

export const byteLengthOf = (pieces: readonly (string | Buffer)[]): number =>
  pieces.reduce((sum, piece) => sum + Buffer.byteLength(piece), 0);

/** Returns a short body in one piece. Node sends a text and the head before it as one chunk. */
export function wholeBody(pieces: readonly (string | Buffer)[], length: number): string | Buffer {
  if (pieces.length === 1) return pieces[0]!;
  return Buffer.concat(
    pieces.map((piece) => (typeof piece === "string" ? Buffer.from(piece) : piece)),
    length,
  );
}

/** Returns a long body as a stream, whose share is told when the client is waited for. */
export const streamOf = (pieces: readonly (string | Buffer)[], share: ByteShare): Readable =>
  Readable.from(chunksOf(pieces, share), { objectMode: false });

function* chunksOf(pieces: readonly (string | Buffer)[], share: ByteShare): Generator<Buffer> {
  let parts: Buffer[] = [];
  let size = 0;
  for (const part of cut(pieces)) {
    parts.push(part);
    size += part.length;
    if (size < chunkBytes) continue;
    share.awaitClient();
    yield Buffer.concat(parts, size);
    parts = [];
    size = 0;
  }
  share.awaitClient();
  yield Buffer.concat(parts, size);
}

/** Yields the pieces as bytes, never much of a long text at a time. */
function* cut(pieces: readonly (string | Buffer)[]): Generator<Buffer> {
  for (const piece of pieces) {
    if (typeof piece !== "string") {
      yield piece;
      continue;
    }
    for (let start = 0; start < piece.length;) {
      let end = start + chunkBytes;
      // Both halves of a surrogate pair belong together.
      if (isLowSurrogate(piece.charCodeAt(end))) end += 1;
      yield Buffer.from(piece.slice(start, end));
      start = end;
    }
  }
}

const isLowSurrogate = (unit: number): boolean => unit >= 0xdc00 && unit <= 0xdfff;
