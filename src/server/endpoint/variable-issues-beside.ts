import type { GraphQLRequestContextWillSendResponse } from "@apollo/server";
import { getOperationAST, type GraphQLFormattedError } from "graphql";

import type { Context } from "../../kit/context.js";
import { badUserInput } from "../../foundation/errors.js";
import { variableIssues } from "../../graphql/variable-issues.js";

/**
 * What is wrong with the variables of a request whose document is wrong too. Validation ends before they are looked at,
 * and the sender would have to correct the one to be told of the other.
 */
export function variableIssuesBeside(
  errors: readonly GraphQLFormattedError[],
  {
    document,
    request: { operationName, variables },
    schema,
  }: Pick<GraphQLRequestContextWillSendResponse<Context>, "document" | "request" | "schema">,
): GraphQLFormattedError[] {
  if (document === undefined || variables == null) return [];
  if (errors.some(({ extensions }) => extensions?.["code"] !== "GRAPHQL_VALIDATION_FAILED")) return [];
  const { variableDefinitions = [] } = getOperationAST(document, operationName) ?? {};
  // One that is missing may be so because of the mistake in the document.
  const given = variableDefinitions.filter(({ variable }) => Object.hasOwn(variables, variable.name.value));
  const issues = variableIssues(schema, given, variables);
  if (issues.length === 0) return [];
  const { code, message, details } = badUserInput(issues);
  return [{ message, extensions: { code, ...details } }];
}
