import { HeaderMap, type ApolloServer } from "@apollo/server";
import type { FormattedExecutionResult, GraphQLFormattedError } from "graphql";

import { ownErrorCodes } from "../foundation/errors.js";
import type { LabelledOperation } from "../foundation/metrics/operation-label.js";
import { isLongerThan, tooLarge } from "./answer-size.js";
import type { Caller, Carrier, ContextFactory } from "./create-context.js";
import type { GraphqlRequest } from "./graphql-request.js";
import type { OperationContext } from "./operation-context.js";
import { failed, firstError, type Outcome } from "./outcome.js";
import { placedJson, type PlacedJson } from "./placed-json.js";

export type FormatError = (formatted: GraphQLFormattedError, error: unknown) => GraphQLFormattedError;

/** Runs a GraphQL request for any connection. An error is part of the outcome: it never throws. */
export type RunOperation = (
  asked: GraphqlRequest & { readonly onlyQueries?: boolean },
  caller: Caller,
  carrier: Carrier,
) => Promise<Outcome>;

export function operationRunner(deps: {
  readonly apollo: ApolloServer<OperationContext>;
  readonly createContext: ContextFactory["createContext"];
  readonly formatError: FormatError;
  /** Returns the operation's name if it has no context. */
  readonly nameOf: (asked: GraphqlRequest) => LabelledOperation;
  readonly maxAnswerBytes: number;
}): RunOperation {
  const { apollo, createContext, formatError, maxAnswerBytes } = deps;

  const execute = async (
    asked: Parameters<RunOperation>[0],
    context: OperationContext,
    json: PlacedJson,
  ): Promise<FormattedExecutionResult> => {
    const { operation } = context;
    const http = asked.onlyQueries === true ? byGet : byPost;
    const { query, operationName, variables, extensions } = asked;
    // Written out, since a spread takes much longer than its few properties suggest.
    const request = { query, operationName, variables, extensions, http } as GraphqlRequest & { http: typeof http };
    const run = () => apollo.executeOperation(request, { contextValue: context });
    const { body } = await (operation.span === undefined ? run() : operation.span.run(run));
    if (body.kind !== "single") throw new Error("the response has several parts");
    const { errors, data } = body.singleResult;
    const mayBeTooLarge = operation.atMost() > maxAnswerBytes && operation.kind !== "mutation";
    if (mayBeTooLarge && isLongerThan(maxAnswerBytes - (data == null ? 0 : json.bytes()), [errors, data]))
      throw tooLarge(maxAnswerBytes);
    return body.singleResult;
  };

  return async (asked, caller, carrier) => {
    const json = placedJson();
    const { span } = carrier;
    const traceId = span?.traceId;
    let context: OperationContext | undefined;
    let outcome: Outcome;
    try {
      context = await createContext(caller, carrier, json);
      const result = await execute(asked, context, json);
      const { auth, operation } = context;
      outcome = {
        operationName: operation.name,
        kind: operation.kind,
        rootFieldNames: operation.rootFieldNames,
        clientKey: operation.clientKey,
        auth,
        traceId,
        failure: operation.failure,
        errors: result.errors,
        hasData: result.data !== undefined,
        body: json.serialize(result),
      };
    } catch (error) {
      const first = formatError({ message: "" }, error);
      const known = context === undefined ? { ...unknown, ...deps.nameOf(asked) } : knownOf(context);
      outcome = failed(first, ownErrorCodes.get(first.extensions?.["code"])!, { ...known, traceId });
    } finally {
      context?.operation.end();
    }
    span?.end(outcome, firstError(outcome)?.code);
    return outcome;
  };
}

// Apollo Server rejects mutations by GET, and needs nothing else of HTTP.
const byGet = { method: "GET", headers: new HeaderMap(), search: "", body: undefined };
const byPost = { method: "POST", headers: new HeaderMap(), search: "", body: undefined };

const unknown = { kind: undefined, clientKey: undefined, auth: undefined };

/** Returns what is known of an operation, whatever its result. */
function knownOf({ auth, operation: { name, kind, rootFieldNames, clientKey } }: OperationContext) {
  return { operationName: name, kind, rootFieldNames, clientKey, auth };
}
