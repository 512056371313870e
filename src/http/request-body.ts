import type { IncomingMessage } from "node:http";

import { tooBusy } from "../database/turns.js";
import { KnownError } from "../errors.js";
import type { ByteShare } from "./byte-budget.js";

/**
 * Reads a request's body, which begins when there is room for it.
 *
 * @throws KnownError `PAYLOAD_TOO_LARGE`, `SERVICE_UNAVAILABLE` where there is no room, `BAD_REQUEST` where the client
 * gave up.
 */
export async function readBody(request: IncomingMessage, limitBytes: number, share: ByteShare): Promise<string> {
  const declared = Number(request.headers["content-length"] ?? 0);
  if (declared > limitBytes) throw tooLarge(limitBytes);
  let room = declared;
  if (!share.take(room)) throw tooBusy();
  const chunks: Buffer[] = [];
  let length = 0;
  share.awaitClient();
  try {
    for await (const chunk of request as AsyncIterable<Buffer>) {
      length += chunk.length;
      if (length > limitBytes) throw tooLarge(limitBytes);
      if (length > room) {
        if (!share.take(length - room)) throw tooBusy();
        room = length;
      }
      chunks.push(chunk);
      share.awaitClient();
    }
  } catch (error) {
    if (error instanceof KnownError) throw error;
    throw new KnownError("BAD_REQUEST", "The request ended before its body did");
  }
  share.stopAwaiting();
  return Buffer.concat(chunks, length).toString("utf8");
}

function tooLarge(limitBytes: number): KnownError {
  return new KnownError("PAYLOAD_TOO_LARGE", `A request's body may have ${limitBytes} bytes at most`);
}
