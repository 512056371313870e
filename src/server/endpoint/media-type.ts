import type { FastifyRequest } from "fastify";
import { LRUCache } from "lru-cache";
import Negotiator from "negotiator";

import { endpointPath, pathOf } from "../connection/paths.js";
import { framingFor, type StreamFraming } from "../connection/stream-framing.js";

// With their parameter, because a client may ask for it.
export const json = "application/json; charset=utf-8";
export const graphqlResponseJson = "application/graphql-response+json; charset=utf-8";

/** The response media types that a client accepts. No Accept header means no preference. */
export type Acceptance = {
  /** Whether it accepts JSON in either form. */
  readonly takesJson: boolean;
  /** Whether it accepts `application/json` and not the newer type. Only the newer type may carry an error's status. */
  readonly onlyJson: boolean;
  /**
   * Whether it names the newer type. Such a client gets it for every response: in plain JSON, Apollo Client 4 takes a 401
   * for a broken transport and reads no code.
   */
  readonly namesNewType: boolean;
  /** The stream framing that it names, for several answers in one response. */
  readonly framing: StreamFraming | undefined;
};

// There are few different headers, and each client sends its own with every request.
const read = new LRUCache<string, Acceptance>({ max: 100, memoMethod: acceptanceOf });

/** Reads an Accept header (RFC 9110, section 12.5.1). */
export function readAccept(header = "*/*"): Acceptance {
  return read.memo(header);
}

function acceptanceOf(header: string): Acceptance {
  const accepted = new Negotiator({ headers: { accept: header } }).mediaTypes([json, graphqlResponseJson]);
  const newType = accepted.includes(graphqlResponseJson);
  return {
    takesJson: accepted.length > 0,
    onlyJson: accepted.length > 0 && !newType,
    namesNewType: newType && /application\/graphql-response\+json/i.test(header),
    framing: framingFor(header),
  };
}

/** Reads a request's Accept header. Only the GraphQL endpoint has media types to choose from. */
export const acceptOf = (request: FastifyRequest): Acceptance =>
  pathOf(request) === endpointPath ? readAccept(request.headers.accept) : anything;

const anything = acceptanceOf("*/*");
