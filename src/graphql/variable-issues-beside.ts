import type { GraphQLRequestContextWillSendResponse } from "@apollo/server";
import { getOperationAST, type GraphQLFormattedError } from "graphql";

import { badUserInput } from "../foundation/errors.js";
import type { OperationContext } from "./operation-context.js";
import { formatted } from "./outcome.js";
import { variableIssues } from "./variable-issues.js";

/**
 * Returns the errors of the variables of a request whose document is invalid too. Validation ends before variables are
 * checked, and the sender would have to correct the document to learn about the variables.
 */
export function variableIssuesBeside(
  errors: readonly GraphQLFormattedError[],
  {
    document,
    request: { operationName, variables },
    schema,
  }: Pick<GraphQLRequestContextWillSendResponse<OperationContext>, "document" | "request" | "schema">,
): GraphQLFormattedError[] {
  if (document === undefined || variables == null) return [];
  if (errors.some(({ extensions }) => extensions?.["code"] !== "GRAPHQL_VALIDATION_FAILED")) return [];
  const { variableDefinitions = [] } = getOperationAST(document, operationName) ?? {};
  // A missing variable may be missing because of the mistake in the document.
  const given = variableDefinitions.filter(({ variable }) => Object.hasOwn(variables, variable.name.value));
  const issues = variableIssues(schema, given, variables);
  return issues.length === 0 ? [] : [formatted(badUserInput(issues))];
}
