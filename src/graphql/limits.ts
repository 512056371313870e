import type { ApolloServerPlugin } from "@apollo/server";
import { OperationTypeNode } from "graphql";

import type { Context } from "../kit/context.js";
import type { Limits } from "../foundation/config/settings.js";
import { badUserInput, KnownError } from "../foundation/errors.js";
import { isRefused } from "./documents.js";
import { preparedOf } from "./prepare.js";
import type { Size } from "./query-cost.js";
import { variableIssues } from "./variable-issues.js";

/** The fields that try a secret, or make one. Each costs a hash or a write, and is a guess. */
const credentialFields: ReadonlySet<string> = new Set([
  "login",
  "register",
  "refreshSession",
  "changePassword",
  "deleteAccount",
]);

/** Refuses an operation, once it is known which one it is, that should not or could not be run as it is. */
export const operationChecks = (limits: Limits): ApolloServerPlugin<Context> => ({
  async requestDidStart() {
    return {
      async didResolveOperation({ document, operation, operationName, request, schema, contextValue }) {
        contextValue.outcome.operationName = operationName ?? undefined;
        // None by that name: execution says so.
        if (operation === undefined || isRefused(document)) return;
        contextValue.outcome.isMutation = operation.operation === OperationTypeNode.MUTATION;
        contextValue.outcome.isSubscription = operation.operation === OperationTypeNode.SUBSCRIPTION;
        const { rootFieldNames, sizeWith } = preparedOf(schema, document, operation);
        contextValue.outcome.rootFieldNames = rootFieldNames;
        // One request may otherwise carry a thousand guesses.
        if (rootFieldNames.filter((name) => credentialFields.has(name)).length > 1)
          throw new KnownError(
            "QUERY_TOO_COMPLEX",
            `An operation may have one of ${[...credentialFields].join(", ")}, and only once`,
          );
        const size = sizeWith(request.variables ?? {});
        const excess = excessOf(size, limits);
        if (excess.length > 0) throw new KnownError("QUERY_TOO_COMPLEX", `The operation has ${excess.join(", and ")}`);
        contextValue.answer.addAtMost(size.bytes);
        const issues = variableIssues(schema, operation.variableDefinitions ?? [], request.variables ?? {});
        if (issues.length > 0) throw badUserInput(issues);
      },
      async willSendResponse({ contextValue }) {
        contextValue.liftDeadline();
      },
    };
  },
});

// The query that tools send is 15 deep (https://graphql.org/graphql-js/utilities/#getintrospectionquery).
const introspectionDepth = 20;

/** What of an operation's size is more than the limits allow, in words. */
function excessOf(size: Size, limits: Limits): string[] {
  const measures = [
    ["levels of fields", size.depth, limits.depth],
    ["levels of introspection", size.introspectionDepth, introspectionDepth],
    ["aliases", size.aliases, limits.aliases],
    ["directives", size.directives, limits.directives],
    ["objects to answer at most", size.cost, limits.cost],
    ["bytes of keys and plain values to answer at most", size.bytes, limits.answerBytes],
  ] as const;
  return measures
    .filter(([, is, most]) => is > most)
    .map(([of, is, most]) => `${is} ${of}, where ${most} are the most`);
}
