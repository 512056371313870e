import { isUtf8 } from "node:buffer";

import type { FastifyRequest } from "fastify";

import { addressKeyOf } from "../../foundation/fairness/address.js";
import { clientAddressOf } from "../connection/client-address.js";

/** The client of a request, by its headers and its connection. */
export type RequestCaller = {
  /** Each Authorization header; an empty list if there is none. */
  readonly authorization: readonly string[];
  readonly userAgent: string | null;
  /** The client's IP address; null on a Unix socket. */
  readonly address: string | null;
  /** The address as it is counted and queued; see `addressKeyOf`. */
  readonly addressKey: string;
  readonly requestId: string;
};

export function callerOf(request: FastifyRequest): RequestCaller {
  const address = clientAddressOf(request);
  return {
    authorization: valuesOf(request.raw.rawHeaders, "authorization"),
    userAgent: decoded(request.headers["user-agent"]),
    address,
    addressKey: addressKeyOf(address),
    requestId: request.id,
  };
}

/** Returns each value of a header. Node's `headers` has the first alone, and its `headersDistinct` makes all of them. */
function valuesOf(rawHeaders: readonly string[], name: string): readonly string[] {
  const values: string[] = [];
  for (let at = 0; at < rawHeaders.length; at += 2) {
    const found = rawHeaders[at]!;
    if (found.length === name.length && found.toLowerCase() === name) values.push(rawHeaders[at + 1]!);
  }
  return values;
}

const isAscii = /^[\x20-\x7e]*$/;

/** Returns a header's text, which Node reads as Latin-1 whatever it is. */
function decoded(header: string | undefined): string | null {
  if (header === undefined) return null;
  if (isAscii.test(header)) return header;
  const bytes = Buffer.from(header, "latin1");
  return isUtf8(bytes) ? bytes.toString("utf8") : header;
}
