import { execute, Kind, type GraphQLError, type GraphQLFormattedError, type GraphQLResolveInfo } from "graphql";

import { tooLarge, type MeasuredContext } from "./answer-size.js";
import type { GraphqlRequest } from "./graphql-request.js";

type FormatError = (formatted: GraphQLFormattedError, error: unknown) => GraphQLFormattedError;

/** What ends a subscription for now, rather than being one of its answers. */
const passing = new Set<unknown>(["TIMEOUT", "SERVICE_UNAVAILABLE"]);

/** An answer as JSON; as bytes where it is so large that all who are sent it should share them. */
export type EventAnswer = string | Buffer;

const largeBytes = 64 * 1024;

/**
 * Executes a subscription's document, which has been checked when it began, on one event.
 *
 * @param info of the root field when the subscription began.
 * @param variables as they were sent.
 * @param event what the root field is answered from.
 * @returns the answer; undefined where it can't be given now.
 */
export async function executeEvent(
  { schema, operation, fragments }: GraphQLResolveInfo,
  variables: GraphqlRequest["variables"],
  event: object,
  context: MeasuredContext,
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
    if (errors?.some(({ extensions }) => passing.has(extensions?.["code"])) === true) return undefined;
    const text = JSON.stringify({ ...(errors && { errors }), data: result.data });
    const bytes = Buffer.byteLength(text);
    if (bytes <= maxAnswerBytes) return bytes > largeBytes ? Buffer.from(text) : text;
    return JSON.stringify({ errors: [formatError({ message: "" }, tooLarge(maxAnswerBytes))], data: null });
  } finally {
    context.liftDeadline();
  }
}
