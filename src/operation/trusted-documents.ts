import type { ApolloServerPlugin } from "@apollo/server";
import type { FastifyRequest } from "fastify";

import type { Context } from "../context.js";
import { KnownError } from "../errors.js";

/** The only documents that run, by their ids: what Relay's compiler and graphql-codegen write as persisted documents. */
export type TrustedDocuments = ReadonlyMap<string, string>;

/** Refuses every other document. */
export function onlyTrusted(documents: TrustedDocuments): ApolloServerPlugin<Context> {
  const texts = new Set(documents.values());
  return {
    async requestDidStart() {
      return {
        async didResolveOperation({ source }) {
          if (!texts.has(source)) throw new KnownError("BAD_REQUEST", "Only documents that this server knows may run");
        },
      };
    },
  };
}

type Asked = Readonly<Record<string, unknown>>;

/**
 * Puts the document in the place of its id in a request, as clients send it: `documentId` (the draft of persisted
 * documents for GraphQL over HTTP), `doc_id` or `id` (Relay), or the hash of Apollo's persisted queries.
 *
 * @throws KnownError `BAD_REQUEST` where no document has the id.
 */
export function putDocument(request: FastifyRequest, documents: TrustedDocuments): void {
  if (request.method === "GET") {
    const url = new URL(request.raw.url!, "http://localhost");
    const asked = Object.fromEntries(url.searchParams);
    const found = documentFor({ ...asked, extensions: parsed(asked["extensions"]) }, documents);
    if (found === undefined) return;
    url.searchParams.set("query", found);
    url.searchParams.delete("extensions");
    request.raw.url = url.pathname + url.search;
  } else if (isObject(request.body)) {
    const found = documentFor(request.body, documents);
    if (found === undefined) return;
    const { extensions: _, ...rest } = request.body;
    request.body = { ...rest, query: found };
  }
}

/** The document that a request names by id; undefined where it brings its text. */
function documentFor(asked: Asked, documents: TrustedDocuments): string | undefined {
  if (typeof asked["query"] === "string" && asked["query"] !== "") return undefined;
  const { extensions } = asked;
  const persisted = isObject(extensions) ? extensions["persistedQuery"] : undefined;
  const hash = isObject(persisted) ? persisted["sha256Hash"] : undefined;
  const id = [asked["documentId"], asked["doc_id"], asked["id"], hash].find((one) => typeof one === "string");
  if (id === undefined) return undefined;
  // The draft writes a hash with its algorithm in front.
  const found = documents.get(id) ?? documents.get(id.replace(/^sha256:/, ""));
  if (found === undefined) throw new KnownError("BAD_REQUEST", "This server knows no document of this id");
  return found;
}

function isObject(value: unknown): value is Asked {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function parsed(json: unknown): unknown {
  try {
    return JSON.parse(String(json));
  } catch {
    return undefined;
  }
}
