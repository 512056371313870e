import type { ApolloServerPlugin } from "@apollo/server";
import { OperationTypeNode } from "graphql";

import type { Context } from "../context.js";
import { badUserInput, KnownError } from "../errors.js";
import { rootFields } from "./root-fields.js";
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
export const operationChecks: ApolloServerPlugin<Context> = {
  async requestDidStart() {
    return {
      async didResolveOperation({ document, operation, operationName, request, schema, contextValue }) {
        contextValue.course.operationName = operationName ?? undefined;
        // None by that name: execution says so.
        if (operation === undefined) return;
        if (operation.operation === OperationTypeNode.SUBSCRIPTION && schema.getSubscriptionType() == null)
          throw new KnownError("GRAPHQL_VALIDATION_FAILED", "There are no subscriptions");
        // One request may otherwise carry a thousand guesses.
        if (rootFields(document, operation).filter(({ name }) => credentialFields.has(name.value)).length > 1)
          throw new KnownError(
            "QUERY_TOO_COMPLEX",
            `An operation may have one of ${[...credentialFields].join(", ")}, and only once`,
          );
        const issues = variableIssues(schema, operation.variableDefinitions ?? [], request.variables ?? {});
        if (issues.length > 0) throw badUserInput(issues);
      },
    };
  },
};
