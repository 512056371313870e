import type { FastifyRequest } from "fastify";
import { LRUCache } from "lru-cache";
import Negotiator from "negotiator";

import { endpointPath, pathOf } from "../connection/paths.js";
import { framingFor, type StreamFraming } from "../connection/stream-framing.js";

// With their parameter, because a client may ask for it.
const json = "application/json; charset=utf-8";
const graphqlResponseJson = "application/graphql-response+json; charset=utf-8";

/** What a client's Accept header leaves to choose from; none at all is as good as no preference. */
export type Acceptance = {
  /** Whether it takes JSON in either form. */
  readonly something: boolean;
  /** Whether it takes `application/json` and not the newer type, which alone may carry an error's HTTP status. */
  readonly onlyJson: boolean;
  /** Whether it names the newer type, rather than taking anything. */
  readonly namesNewType: boolean;
  /** The stream that it names, for answers that follow each other. */
  readonly framing: StreamFraming | undefined;
};

// Clients send few different ones, and each sends its own with every request.
const read = new LRUCache<string, Acceptance>({ max: 100, memoMethod: acceptanceOf });

/** Reads an Accept header (RFC 9110, section 12.5.1). */
export function readAccept(header = "*/*"): Acceptance {
  return read.memo(header);
}

function acceptanceOf(header: string): Acceptance {
  const accepted = new Negotiator({ headers: { accept: header } }).mediaTypes([json, graphqlResponseJson]);
  const newType = accepted.includes(graphqlResponseJson);
  return {
    something: accepted.length > 0,
    onlyJson: accepted.length > 0 && !newType,
    namesNewType: newType && /application\/graphql-response\+json/i.test(header),
    framing: framingFor(header),
  };
}

/**
 * The type of an answer in JSON. Whoever can read the newer one gets it at the endpoint: in plain JSON, a 401 is taken
 * for a broken transport and its code not seen.
 */
export function mediaTypeFor(request: FastifyRequest): string {
  const isNewer = pathOf(request) === endpointPath && readAccept(request.headers.accept).namesNewType;
  return isNewer ? graphqlResponseJson : json;
}
