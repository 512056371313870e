import type { IncomingHttpHeaders, IncomingMessage } from "node:http";

import { tooBusy } from "../../foundation/fairness/fair-limiter.js";
import { KnownError } from "../../foundation/errors.js";
import type { ByteShare } from "./byte-budget.js";

/**
 * Reads a request's body, once there is room for it.
 *
 * @throws KnownError `PAYLOAD_TOO_LARGE`, `SERVICE_UNAVAILABLE` if there is no room, `BAD_REQUEST` if the client gave
 * up.
 */
export async function readBody(request: IncomingMessage, limitBytes: number, share: ByteShare): Promise<Buffer> {
  checkEncoding(request.headers);
  const declared = Number(request.headers["content-length"] ?? 0);
  if (declared > limitBytes) throw tooLarge(limitBytes);
  if (!share.take(declared)) throw tooBusy();
  share.awaitClient();
  const bytes = await bytesOf(request, limitBytes, share, declared);
  share.stopAwaiting();
  return bytes;
}

/** @param room the number of bytes for which the share has room already. */
function bytesOf(request: IncomingMessage, limitBytes: number, share: ByteShare, room: number): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let length = 0;
    const fail = (error: KnownError) => {
      request.off("data", take);
      // Nobody reads the rest.
      request.pause();
      reject(error);
    };
    const take = (chunk: Buffer) => {
      length += chunk.length;
      if (length > limitBytes) return fail(tooLarge(limitBytes));
      if (length > room) {
        if (!share.take(length - room)) return fail(tooBusy());
        room = length;
      }
      chunks.push(chunk);
      share.awaitClient();
    };
    request.on("data", take);
    request.once("end", () => resolve(chunks.length === 1 ? chunks[0]! : Buffer.concat(chunks, length)));
    // Every request closes in the end. One that closes before its end was given up by its client.
    request.once("close", () => {
      if (!request.readableEnded) fail(endedEarly());
    });
    request.on("error", () => {});
  });
}

/** @throws KnownError `UNSUPPORTED_MEDIA_TYPE` for a compressed body, or one in another charset than UTF-8. */
function checkEncoding(headers: IncomingHttpHeaders): void {
  const coding = headers["content-encoding"] ?? "identity";
  if (coding.toLowerCase() !== "identity")
    throw new KnownError("UNSUPPORTED_MEDIA_TYPE", "A request's body must not be compressed");
  const charset = /;\s*charset\s*=\s*"?([^\s;"]*)/i.exec(headers["content-type"] ?? "")?.[1];
  if (charset !== undefined && !/^utf-?8$/i.test(charset))
    throw new KnownError("UNSUPPORTED_MEDIA_TYPE", "A request's body must be encoded in UTF-8");
}

const endedEarly = () => new KnownError("BAD_REQUEST", "The request ended before its body did");

function tooLarge(limitBytes: number): KnownError {
  return new KnownError("PAYLOAD_TOO_LARGE", `A request's body may have at most ${limitBytes} bytes`);
}
