import type { ApolloServerPlugin } from "@apollo/server";

import type { Limits } from "../foundation/config/config.js";
import { badUserInput, KnownError } from "../foundation/errors.js";
import { isRefused } from "./documents.js";
import type { OperationContext } from "./operation-context.js";
import { fieldsWithSecrets, preparedOf } from "./prepare.js";
import type { Size } from "./query-cost.js";
import { variableIssues } from "./variable-issues.js";

/** Rejects operations that exceed the limits, or whose variables are invalid, before they run. */
export const operationChecks = (limits: Limits): ApolloServerPlugin<OperationContext> => ({
  async requestDidStart() {
    return {
      async didResolveOperation({ document, operation, operationName, request, schema, contextValue }) {
        const known = contextValue.operation;
        known.name = operationName ?? undefined;
        // Execution reports a name that the document does not have.
        if (operation === undefined || isRefused(document)) return;
        known.kind = operation.operation;
        const { rootFieldNames, secretFields, sizeWith } = preparedOf(schema, document, operation);
        known.rootFieldNames = rootFieldNames;
        // One request could otherwise carry a thousand guesses.
        if (secretFields > 1)
          throw new KnownError(
            "QUERY_TOO_COMPLEX",
            `An operation may have only one of ${fieldsWithSecrets(schema).join(", ")}, and only once`,
          );
        const size = sizeWith(request.variables ?? {});
        const excess = excessOf(size, limits);
        if (excess.length > 0) throw new KnownError("QUERY_TOO_COMPLEX", `The operation has ${excess.join(", and ")}`);
        contextValue.answer.addAtMost(size.bytes);
        const issues = variableIssues(schema, operation.variableDefinitions ?? [], request.variables ?? {});
        if (issues.length > 0) throw badUserInput(issues);
      },
      async willSendResponse({ contextValue }) {
        contextValue.operation.end();
      },
    };
  },
});

// Tools send a query that is 15 levels deep (https://graphql.org/graphql-js/utilities/#getintrospectionquery).
const introspectionDepth = 20;

/** Returns the measures of an operation that exceed the limits, in words. */
function excessOf(size: Size, limits: Limits): string[] {
  const measures = [
    ["levels of fields", size.depth, limits.depth],
    ["levels of introspection", size.introspectionDepth, introspectionDepth],
    ["aliases", size.aliases, limits.aliases],
    ["directives", size.directives, limits.directives],
    ["objects in its response", size.cost, limits.cost],
    ["bytes of keys and plain values in its response", size.bytes, limits.answerBytes],
  ] as const;
  return measures
    .filter(([, is, most]) => is > most)
    .map(([of, is, most]) => `${is.toLocaleString("en")} ${of} (limit ${most.toLocaleString("en")})`);
}
