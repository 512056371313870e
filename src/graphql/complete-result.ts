import type { GraphQLRequestContextWillSendResponse } from "@apollo/server";
import type { FormattedExecutionResult } from "graphql";

import type { ErrorCode, ErrorCodes } from "../foundation/errors.js";
import type { Failure, OperationContext } from "./operation-context.js";
import { rootFields } from "./root-fields.js";
import { variableIssuesBeside } from "./variable-issues-beside.js";

type Completed = GraphQLRequestContextWillSendResponse<OperationContext>;

/**
 * Completes the result of an operation. A result that comes down to a single error code is a request error, which has no
 * data (GraphQL specification, 7.1; decision 2).
 */
export async function completeResult(
  result: FormattedExecutionResult,
  completed: Completed,
  codes: ErrorCodes,
): Promise<void> {
  if (result.errors === undefined) return;
  result.errors = [...result.errors, ...variableIssuesBeside(result.errors, completed)];
  const failure = await failureOf(result, completed, codes);
  completed.contextValue.operation.failure = failure;
  if (failure !== undefined && failure.status !== 200) delete result.data;
}

/**
 * Returns the single code that a result comes down to: no root field succeeded, and all failed with this code. Root fields
 * that are still running are waited for.
 */
async function failureOf(
  { errors = [], data }: FormattedExecutionResult,
  { document, operation, request, contextValue }: Completed,
  codes: ErrorCodes,
): Promise<Failure | undefined> {
  const [found, ...others] = new Set(errors.map((error) => error.extensions?.["code"]));
  if (!codes.has(found) || others.length > 0) return undefined;
  const code = found as ErrorCode;
  const begun = await contextValue.operation.rootFields.settled();
  // Input that doesn't fit its type is told apart from input that breaks a rule: no resolver was begun.
  const status = code === "BAD_USER_INPUT" && begun.length === 0 ? 422 : codes.get(code)!;
  // Without data, not even null, nothing was executed.
  if (data === undefined || document === undefined || operation === undefined) return { code, status };
  // Introspection has no resolver that could be recorded, and always succeeds.
  if (rootFields(document, operation, request.variables ?? {}).some(({ name }) => /^__(schema|type)$/.test(name.value)))
    return undefined;
  const isAlike = begun.every((field) => field.isRejected && (!codes.has(field.code) || field.code === code));
  return isAlike ? { code, status } : undefined;
}
