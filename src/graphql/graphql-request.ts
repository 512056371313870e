import { KnownError } from "../foundation/errors.js";
import { isRecord } from "../kit/validation.js";
import { documentFor, type TrustedDocuments } from "./trusted-documents.js";

/** A GraphQL request, by HTTP or over a socket. */
export type GraphqlRequest = {
  readonly query?: string;
  readonly operationName?: string;
  readonly variables?: Record<string, unknown>;
  readonly extensions?: Record<string, unknown>;
};

/** The parameters in a request's body or URL, including ids of documents. */
export type Parameters = Readonly<Record<string, unknown>>;

/** @throws KnownError `BAD_REQUEST` if the body is not an object. */
export function parametersOfBody(body: unknown): Parameters {
  if (!isRecord(body)) throw badRequest("A request's body must be a JSON object with a query");
  return body;
}

/**
 * @param documents the only documents that may run; undefined if any may.
 * @throws KnownError `BAD_REQUEST` for parameters that are not a GraphQL request.
 */
export function requestOf(params: Parameters, documents: TrustedDocuments | undefined): GraphqlRequest {
  for (const name of ["query", "operationName"])
    if (params[name] != null && typeof params[name] !== "string") throw badRequest(`${name} must be a string`);
  for (const name of ["variables", "extensions"])
    if (params[name] != null && !isRecord(params[name])) throw badRequest(`${name} must be an object`);
  const { query, operationName, variables, extensions } = params as GraphqlRequest;
  // An empty name means no name: forms and generators send it for a document with one operation.
  const isNamed = operationName != null && operationName !== "";
  const document = documents && documentFor(params, documents);
  const request: { -readonly [Name in keyof GraphqlRequest]: GraphqlRequest[Name] } = {};
  if (isNamed) request.operationName = operationName;
  if (variables != null) request.variables = variables;
  if (document !== undefined) request.query = document;
  else {
    if (query != null) request.query = query;
    if (extensions != null) request.extensions = extensions;
  }
  return request;
}

export const badRequest = (message: string) => new KnownError("BAD_REQUEST", message);
