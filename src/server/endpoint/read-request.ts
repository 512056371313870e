import type { FastifyRequest } from "fastify";

import type { CpuLimiter } from "../../foundation/fairness/cpu-limiter.js";
import {
  badRequest,
  parametersOfBody,
  requestOf,
  type GraphqlRequest,
  type Parameters,
} from "../../graphql/graphql-request.js";
import type { TrustedDocuments } from "../../graphql/trusted-documents.js";
import type { ByteShare } from "../connection/byte-budget.js";
import { readBody } from "../connection/request-body.js";
import { readJson } from "./read-json.js";

// Smaller bodies are parsed at once, in less time than waiting for a turn takes.
const smallBodyBytes = 16 * 1024;

/** The means and bounds by which requests are read. */
export type RequestReading = {
  readonly trustedDocuments: TrustedDocuments | undefined;
  readonly maxBodyBytes: number;
  /** Turns at the processor for large bodies, whose senders aren't known yet. */
  readonly parsing: CpuLimiter;
};

/**
 * Reads the GraphQL request in the URL of a GET request or in the body of a POST request.
 *
 * @param openShare reserves room for the body.
 * @throws KnownError `BAD_REQUEST`, `PAYLOAD_TOO_LARGE`, `UNSUPPORTED_MEDIA_TYPE` or `SERVICE_UNAVAILABLE`.
 */
export async function readRequest(
  { trustedDocuments, maxBodyBytes, parsing }: RequestReading,
  { raw, method }: FastifyRequest,
  addressKey: string,
  openShare: () => ByteShare,
): Promise<GraphqlRequest & { readonly onlyQueries: boolean }> {
  const asked = (parameters: Parameters, onlyQueries: boolean) =>
    Object.assign(requestOf(parameters, trustedDocuments), { onlyQueries });
  if (method === "GET") return asked(parametersOfUrl(raw.url!), true);
  const bytes = await readBody(raw, maxBodyBytes, openShare());
  const read = () => parametersOfBody(readJson(bytes));
  return asked(bytes.length <= smallBodyBytes ? read() : await parsing.run(read, { clientKey: addressKey }), false);
}

/** @throws KnownError `BAD_REQUEST` for a parameter that occurs twice, or that must be JSON and isn't. */
function parametersOfUrl(url: string): Parameters {
  const { searchParams } = new URL(url, "http://localhost");
  const once = (name: string): string | undefined => {
    const [value, ...others] = searchParams.getAll(name);
    if (others.length > 0) throw badRequest(`A URL may have ${name} only once`);
    return value;
  };
  const json = (name: string): unknown => {
    const text = once(name);
    if (text === undefined) return undefined;
    try {
      return readJson(Buffer.from(text));
    } catch {
      throw badRequest(`${name} must be JSON`);
    }
  };
  const names = ["query", "operationName", "documentId", "doc_id", "id"];
  return {
    ...Object.fromEntries(names.map((name) => [name, once(name)])),
    variables: json("variables"),
    extensions: json("extensions"),
  };
}
