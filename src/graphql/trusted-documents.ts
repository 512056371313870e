import { KnownError } from "../foundation/errors.js";
import { isRecord } from "../kit/validation.js";

/** The only documents that may run, by their ids. Relay's compiler and graphql-codegen write them as persisted documents. */
export type TrustedDocuments = ReadonlyMap<string, string>;

type Asked = Readonly<Record<string, unknown>>;

/**
 * Returns the document that a request names by its id, as clients send it: `documentId` (the draft of persisted documents for
 * GraphQL over HTTP), `doc_id` or `id` (Relay), or the hash of Apollo's persisted queries. Undefined if the request
 * has the text itself.
 *
 * @throws KnownError `BAD_REQUEST` if no document has the id.
 */
export function documentFor(asked: Asked, documents: TrustedDocuments): string | undefined {
  if (typeof asked["query"] === "string" && asked["query"] !== "") return undefined;
  const { extensions } = asked;
  const persisted = isRecord(extensions) ? extensions["persistedQuery"] : undefined;
  const hash = isRecord(persisted) ? persisted["sha256Hash"] : undefined;
  const id = [asked["documentId"], asked["doc_id"], asked["id"], hash].find((one) => typeof one === "string");
  if (id === undefined) return undefined;
  // The draft writes a hash with its algorithm in front.
  const found = documents.get(id) ?? documents.get(id.replace(/^sha256:/, ""));
  if (found === undefined) throw new KnownError("BAD_REQUEST", "This server knows no document of this id");
  return found;
}
