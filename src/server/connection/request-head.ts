import type { IncomingMessage, ServerResponse } from "node:http";

import type { FastifyInstance, FastifyRequest } from "fastify";

/** The most header lines of a request. */
const mostHeaderLines = 1000;

/** A fault in the first line or the headers, for which a request is rejected. */
export type HeadFault = { readonly status: 400 | 414 | 417 | 431; readonly message: string };

/**
 * Has Node keep every header line. By default it drops those after the thousandth without a word: a credential among
 * them would count as none, and a proxy's word on the client's address would be lost. The parser bounds their bytes.
 */
export function keepAllHeaders(http: FastifyInstance): void {
  http.server.maxHeadersCount = 0;
}

/** Reports whether a request has more header lines than are answered. */
export const hasTooManyHeaders = ({ rawHeaders }: IncomingMessage): boolean => rawHeaders.length > 2 * mostHeaderLines;

/** Routes requests that expect what isn't offered here, so that they are answered and logged like any other. */
export function answerExpectations(http: FastifyInstance): void {
  http.server.on("checkExpectation", (request: IncomingMessage, response: ServerResponse) =>
    http.routing(request, response),
  );
}

/** The fault of a request's head; undefined if there is none. */
export function faultOf({ raw, url }: FastifyRequest, longestUrl: number): HeadFault | undefined {
  if (url.length > longestUrl) return { status: 414, message: `A URL may have ${longestUrl} characters at most` };
  if (hasTooManyHeaders(raw))
    return { status: 431, message: `A request may have ${mostHeaderLines} header lines at most` };
  if (raw.httpVersion !== "1.1") return undefined;
  // RFC 9112, section 3.2.
  if (raw.headers.host === undefined) return { status: 400, message: "A request must have a Host header" };
  const { expect } = raw.headers;
  if (expect !== undefined && !/^100-continue$/i.test(expect))
    return { status: 417, message: "Nothing but 100-continue may be expected" };
  return undefined;
}
