import { execute, Kind, type GraphQLError, type GraphQLFormattedError, type GraphQLResolveInfo } from "graphql";

import { tooLarge, type MeasuredContext } from "./answer-size.js";
import type { GraphqlRequest } from "./graphql-request.js";

type FormatError = (formatted: GraphQLFormattedError, error: unknown) => GraphQLFormattedError;

/** What ends a subscription for now, rather than being one of its answers. */
const passing = new Set<unknown>(["TIMEOUT", "SERVICE_UNAVAILABLE"]);

/**
 * Executes a subscription's document, which has been checked when it began, on one event.
 *
 * @param info of the root field when the subscription began.
 * @param variables as they were sent.
 * @param event what the root field is answered from.
 * @returns the answer as JSON; undefined where it can't be given now.
 */
export async function executeEvent(
  { schema, operation, fragments }: GraphQLResolveInfo,
  variables: GraphqlRequest["variables"],
  event: object,
  context: MeasuredContext,
  limits: { readonly maxAnswerBytes: number; readonly formatError: FormatError },
): Promise<string | undefined> {
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
    if (Buffer.byteLength(text) <= maxAnswerBytes) return text;
    return JSON.stringify({ errors: [formatError({ message: "" }, tooLarge(maxAnswerBytes))], data: null });
  } finally {
    context.liftDeadline();
  }
}
