import type { GraphQLRequestContextDidResolveOperation } from "@apollo/server";

import type { OperationDefinitionNode } from "graphql";

import type { Limits } from "../foundation/config/config.js";
import { badUserInput, KnownError } from "../foundation/errors.js";
import type { OperationContext } from "./operation-context.js";
import { fieldsWithSecrets, preparedOf } from "./prepare.js";
import type { Size } from "./query-cost.js";
import { variableIssues } from "./variable-issues.js";

type Resolved = GraphQLRequestContextDidResolveOperation<OperationContext>;

/**
 * Rejects an operation that exceeds the limits, or whose variables are invalid, before it runs.
 *
 * @throws KnownError `QUERY_TOO_COMPLEX` or `BAD_USER_INPUT`.
 */
export function checkOperation(
  { document, request, schema, contextValue }: Resolved,
  operation: OperationDefinitionNode,
  limits: Limits,
): void {
  const { variables = {} } = request;
  const { secretFields, sizeWith } = preparedOf(schema, document, operation);
  // One request could otherwise carry a thousand guesses.
  if (secretFields > 1)
    throw new KnownError(
      "QUERY_TOO_COMPLEX",
      `An operation may have only one of ${fieldsWithSecrets(schema).join(", ")}, and only once`,
    );
  const size = sizeWith(variables);
  checkSize(size, limits);
  contextValue.answer.addAtMost(size.bytes);
  const issues = variableIssues(schema, operation.variableDefinitions ?? [], variables);
  if (issues.length > 0) throw badUserInput(issues);
}

// Tools send a query that is 15 levels deep (https://graphql.org/graphql-js/utilities/#getintrospectionquery).
const introspectionDepth = 20;

/** The sizes that were found to be within the limits. An operation's size is the same object until its variables change. */
const checked = new WeakMap<Size, Limits>();

/** @throws KnownError `QUERY_TOO_COMPLEX` that names each measure beyond its limit. */
function checkSize(size: Size, limits: Limits): void {
  if (checked.get(size) === limits) return;
  const measures = [
    ["levels of fields", size.depth, limits.depth],
    ["levels of introspection", size.introspectionDepth, introspectionDepth],
    ["aliases", size.aliases, limits.aliases],
    ["directives", size.directives, limits.directives],
    ["objects in its response", size.cost, limits.cost],
    ["bytes of keys and plain values in its response", size.bytes, limits.answerBytes],
  ] as const;
  const excess = measures
    .filter(([, is, most]) => is > most)
    .map(([of, is, most]) => `${is.toLocaleString("en")} ${of} (limit ${most.toLocaleString("en")})`);
  if (excess.length > 0) throw new KnownError("QUERY_TOO_COMPLEX", `The operation has ${excess.join(", and ")}`);
  checked.set(size, limits);
}
