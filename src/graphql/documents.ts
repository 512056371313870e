import {
  getOperationAST,
  GraphQLError,
  NoSchemaIntrospectionCustomRule,
  parse,
  specifiedRules,
  validate,
  type DocumentNode,
  type GraphQLSchema,
} from "graphql";
import { LRUCache } from "lru-cache";

import type { Auth } from "../kit/auth.js";
import type { CpuLimiter } from "../foundation/fairness/cpu-limiter.js";
import type { Waiting } from "../foundation/fairness/fair-limiter.js";
import { KnownError } from "../foundation/errors.js";
import type { LabelledOperation } from "../foundation/metrics/operation-label.js";
import { costOfDocument } from "./document-cost.js";
import { checkDocumentText } from "./document-scan.js";
import type { GraphqlRequest } from "./graphql-request.js";
import type { OperationContext } from "./operation-context.js";
import { preparedOf } from "./prepare.js";
import type { TrustedDocuments } from "./trusted-documents.js";

export type DocumentError = GraphQLError | KnownError;

/** A document that was parsed and validated, with all its errors. */
type Known = {
  readonly document: DocumentNode;
  readonly errors: readonly DocumentError[];
  /** The memory that it takes, estimated. */
  readonly bytes: number;
};

/** The caller that a document is parsed for. */
type Asking = Waiting & { readonly auth: Auth };

export const askingOf = ({ auth, signal, operation }: OperationContext): Asking => ({
  auth,
  signal,
  clientKey: operation.clientKey,
});

/** Turns for the documents of viewers, and for those of everybody else. */
export type DocumentTurns = { readonly viewers: CpuLimiter; readonly others: CpuLimiter };

export type DocumentOptions = {
  /** The most tokens that a document may have. */
  readonly tokens: number;
  /** Whether documents may use introspection, and errors suggest names. */
  readonly introspection: boolean;
  /** The only documents that are parsed; undefined if any is. */
  readonly trusted: TrustedDocuments | undefined;
  readonly turns: DocumentTurns;
  /** The documents that were parsed before. */
  readonly known: KnownDocuments;
};

const mostKnownBytes = 32 * 1024 * 1024;
const bytesOfNode = 300;
const bytesOfCharacter = 2;

export type KnownDocuments = LRUCache<string, Known>;

export const knownDocuments = (): KnownDocuments =>
  new LRUCache<string, Known>({
    maxSize: mostKnownBytes,
    sizeCalculation: ({ bytes }) => bytes,
  });

/**
 * Returns the name of the operation of a request that has no context, because its credential could not be looked up.
 * Nothing is parsed for that: a document that did not run before has no name.
 */
export function nameOf(
  schema: GraphQLSchema,
  documents: KnownDocuments,
  { query, operationName }: Pick<GraphqlRequest, "query" | "operationName">,
): LabelledOperation {
  const document = documents.peek(query ?? "")?.document;
  const operation = document && getOperationAST(document, operationName);
  if (operation == null || isRefused(document!))
    return { operationName: undefined, rootFieldNames: [], isUnknown: true };
  const { rootFieldNames } = preparedOf(schema, document!, operation);
  return { operationName: operation.name?.value, rootFieldNames };
}
// Nobody reads more, and each may have cost a search for a similar name.
const mostErrors = 25;
/** Pairs to compare for each token that a document may have. Validation compares a thousand pairs in about a millisecond. */
const mergePairsPerToken = 3;

/** The document of a text that can't be parsed: Apollo Server needs one. */
const nothing = parse("{ __typename }");

const refused = new WeakSet<DocumentNode>();

/** Reports whether a document was found to be invalid, so that nothing may be concluded from it. */
const isRefused = (document: DocumentNode): boolean => refused.has(document);

/** Finds the document of a text, which is parsed and validated once. It waits for a turn at the processor before that. */
export type FindDocument = (text: string, asking: Asking) => Promise<Known>;

/**
 * Finds documents instead of Apollo Server. Work that can grow faster than a document's bytes is bounded before it is done.
 */
export function documentFinder(schema: GraphQLSchema, options: DocumentOptions): FindDocument {
  const { trusted, turns, known } = options;
  const trustedTexts = trusted && new Set(trusted.values());
  return async (text, asking) => {
    const found = known.get(text);
    if (found !== undefined) return found;
    try {
      if (trustedTexts?.has(text) === false)
        throw new KnownError("BAD_REQUEST", "Only documents that this server knows may run");
      checkDocumentText(text);
      const make = () => known.get(text) ?? prepare(schema, text, options);
      const made = await laneOf(turns, asking).run(make, asking);
      if (made.errors.length > 0) refused.add(made.document);
      known.set(text, made);
      return made;
    } catch (error) {
      return { document: nothing, errors: [error as KnownError], bytes: 0 };
    }
  };
}

/** Returns the turns at the processor that a caller waits for. */
export const laneOf = ({ viewers, others }: DocumentTurns, { auth }: Asking): CpuLimiter =>
  auth.state === "viewer" ? viewers : others;

function prepare(schema: GraphQLSchema, text: string, { tokens, introspection }: DocumentOptions): Known {
  let document: DocumentNode;
  try {
    document = parse(text, { maxTokens: tokens });
  } catch (error) {
    const bytes = bytesOfNode + text.length * bytesOfCharacter;
    return { document: nothing, errors: [withCode(error, "GRAPHQL_PARSE_FAILED")], bytes };
  }
  const { nodes, mergePairs } = costOfDocument(document);
  const bytes = nodes * bytesOfNode + text.length * bytesOfCharacter;
  const most = tokens * mergePairsPerToken;
  if (mergePairs > most) {
    const message = `The document repeats fields or fragments in more than ${most} pairs`;
    return { document, errors: [new KnownError("QUERY_TOO_COMPLEX", message)], bytes };
  }
  const rules = introspection ? specifiedRules : [...specifiedRules, NoSchemaIntrospectionCustomRule];
  return { document, errors: validationErrors(schema, document, rules, !introspection), bytes };
}

function validationErrors(
  schema: GraphQLSchema,
  document: DocumentNode,
  rules: typeof specifiedRules,
  hideSuggestions: boolean,
): GraphQLError[] {
  try {
    const found = validate(schema, document, rules, { maxErrors: mostErrors, hideSuggestions });
    // The library leaves one suggestion in, which reveals that a field is an object.
    if (hideSuggestions) for (const error of found) error.message = error.message.replace(/ Did you mean .*$/s, "");
    return found.map((error) => withCode(error, "GRAPHQL_VALIDATION_FAILED"));
  } catch (error) {
    // A rule failed on the document. That is the author's mistake: nothing of ours has run.
    return [withCode(error, "GRAPHQL_VALIDATION_FAILED")];
  }
}

/** Returns an error of parsing or validation as the client's mistake. Other errors than GraphQL's may reveal anything. */
function withCode(error: unknown, code: "GRAPHQL_PARSE_FAILED" | "GRAPHQL_VALIDATION_FAILED"): GraphQLError {
  if (!(error instanceof GraphQLError)) return new GraphQLError("The document can't be used", { extensions: { code } });
  Object.assign(error.extensions, { code });
  return error;
}
