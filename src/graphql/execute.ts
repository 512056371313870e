import { HeaderMap, type ApolloServer } from "@apollo/server";
import type { FormattedExecutionResult } from "graphql";

import type { Context } from "../kit/context.js";
import type { PlacedJson } from "./answer-json.js";
import { isLongerThan, tooLarge, type MeasuredContext } from "./answer-size.js";
import type { GraphqlRequest } from "./graphql-request.js";

/** What runs operations, whatever brings them. */
export type Executor = { readonly apollo: ApolloServer<Context>; readonly maxAnswerBytes: number };

/** What an operation came to, with what HTTP says of it. */
export type Executed = {
  readonly result: FormattedExecutionResult;
  readonly status: number;
  readonly headers: Iterable<readonly [name: string, value: string]>;
};

// An answer's status depends on nothing else; and whether it has data beside errors.
const anyAnswer = { method: "POST", accept: "application/graphql-response+json" };

/**
 * Executes a request: parsed, validated and measured once for each document, then checked and run. This is the one way
 * for HTTP, sockets and streams.
 *
 * @throws KnownError `QUERY_TOO_COMPLEX` where the answer is too large.
 */
export async function executeRequest(
  { apollo, maxAnswerBytes }: Executor,
  asked: GraphqlRequest,
  context: MeasuredContext,
  json: PlacedJson,
  { method, accept }: { readonly method: string; readonly accept: string | undefined } = anyAnswer,
): Promise<Executed> {
  try {
    const headers = new HeaderMap(accept === undefined ? [] : [["accept", accept]]);
    const http = { method, headers, search: "", body: undefined };
    const run = () => apollo.executeOperation({ ...asked, http }, { contextValue: context });
    const response = await (context.span === undefined ? run() : context.span.run(run));
    if (response.body.kind !== "single") throw new Error("an answer in several parts");
    const result = response.body.singleResult;
    const { errors, data } = result;
    context.outcome.error = errors?.[0]?.extensions as typeof context.outcome.error;
    const mayBeTooLarge = context.answer.atMost() > maxAnswerBytes && !context.outcome.isMutation;
    if (mayBeTooLarge && isLongerThan(maxAnswerBytes - (data == null ? 0 : json.bytes()), [errors, data]))
      throw tooLarge(maxAnswerBytes);
    return { result, status: response.http.status ?? 200, headers: response.http.headers };
  } finally {
    context.liftDeadline();
  }
}
