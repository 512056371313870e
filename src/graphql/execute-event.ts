import { execute, Kind, type GraphQLError, type GraphQLResolveInfo } from "graphql";

import { tooLarge } from "./answer-size.js";
import type { GraphqlRequest } from "./graphql-request.js";
import type { OperationContext } from "./operation-context.js";
import type { FormatError } from "./run-operation.js";

/** Codes that end a subscription for now, instead of being one of its answers. */
const temporary = new Set<unknown>(["TIMEOUT", "SERVICE_UNAVAILABLE"]);

/** An answer as JSON. Large ones are bytes, which all subscribers that receive the answer share. */
export type EventAnswer = string | Buffer;

const largeBytes = 64 * 1024;

/**
 * Executes a subscription's document on one event. The document was checked when the subscription started.
 *
 * @param info of the root field when the subscription started.
 * @param variables as they were sent.
 * @param event the value that the root field resolves from.
 * @returns the answer; undefined if a temporary error prevents it.
 */
export async function executeEvent(
  { schema, operation, fragments }: GraphQLResolveInfo,
  variables: GraphqlRequest["variables"],
  event: object,
  context: OperationContext,
  limits: { readonly maxAnswerBytes: number; readonly formatError: FormatError },
): Promise<EventAnswer | undefined> {
  const { formatError, maxAnswerBytes } = limits;
  const format = (error: GraphQLError) => formatError(error.toJSON(), error);
  try {
    const result = await execute({
      schema,
      document: { kind: Kind.DOCUMENT, definitions: [operation, ...Object.values(fragments)] },
      operationName: operation.name?.value,
      rootValue: event,
      contextValue: context,
      variableValues: variables,
    });
    const errors = result.errors?.map(format);
    if (errors?.some(({ extensions }) => temporary.has(extensions?.["code"])) === true) return undefined;
    const text = JSON.stringify({ ...(errors && { errors }), data: result.data });
    const bytes = Buffer.byteLength(text);
    if (bytes <= maxAnswerBytes) return bytes > largeBytes ? Buffer.from(text) : text;
    return JSON.stringify({ errors: [formatError({ message: "" }, tooLarge(maxAnswerBytes))], data: null });
  } finally {
    context.operation.end();
  }
}
