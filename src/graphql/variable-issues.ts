import {
  isInputObjectType,
  isInputType,
  isListType,
  isNonNullType,
  isRequiredInputField,
  typeFromAST,
  type GraphQLInputObjectType,
  type GraphQLInputType,
  type GraphQLLeafType,
  type GraphQLSchema,
  type VariableDefinitionNode,
} from "graphql";

import type { InputIssue } from "../foundation/errors.js";
import { isRecord } from "../kit/validation.js";

const mostIssues = 100;

type Values = Readonly<Record<string, unknown>>;
type Path = InputIssue["path"];

/**
 * Returns every mismatch of an operation's variables with their types. Execution would find the same, but its messages quote
 * what was sent: a whole input with its password if one of its fields is missing.
 */
export function variableIssues(
  schema: GraphQLSchema,
  definitions: readonly VariableDefinitionNode[],
  variables: Values,
): InputIssue[] {
  const issues: InputIssue[] = [];
  for (const definition of definitions) {
    for (const issue of issuesOfVariable(schema, definition, variables)) {
      issues.push(issue);
      // Nobody reads more, and the response should not be larger than the request.
      if (issues.length >= mostIssues) return issues;
    }
  }
  return issues;
}

function* issuesOfVariable(
  schema: GraphQLSchema,
  definition: VariableDefinitionNode,
  variables: Values,
): Generator<InputIssue> {
  const type = typeFromAST(schema, definition.type);
  if (!isInputType(type)) return;
  const name = definition.variable.name.value;
  if (Object.hasOwn(variables, name)) yield* issuesOf(type, variables[name], [name]);
  else if (isNonNullType(type) && definition.defaultValue === undefined) yield missing(type, [name]);
}

function* issuesOf(type: GraphQLInputType, value: unknown, path: Path): Generator<InputIssue> {
  if (isNonNullType(type)) {
    if (value == null) yield missing(type, path);
    else yield* issuesOf(type.ofType, value, path);
  } else if (value == null) {
    return;
  } else if (isListType(type)) {
    // A value that is not a list counts as a list of one.
    if (!Array.isArray(value)) yield* issuesOf(type.ofType, value, path);
    else for (const [index, item] of value.entries()) yield* issuesOf(type.ofType, item, [...path, index]);
  } else if (isInputObjectType(type)) {
    yield* issuesOfObject(type, value, path);
  } else if (!isValueOf(type, value)) {
    yield wrongType(type, path);
  }
}

function* issuesOfObject(type: GraphQLInputObjectType, value: unknown, path: Path): Generator<InputIssue> {
  if (!isRecord(value)) return yield wrongType(type, path);
  const fields = type.getFields();
  for (const field of Object.values(fields)) {
    if (Object.hasOwn(value, field.name)) yield* issuesOf(field.type, value[field.name], [...path, field.name]);
    else if (isRequiredInputField(field)) yield missing(field.type, [...path, field.name]);
  }
  for (const name of Object.keys(value))
    if (!Object.hasOwn(fields, name))
      yield { path: [...path, shortName(name)], message: `is no field of ${type.toString()}` };
}

function isValueOf(type: GraphQLLeafType, value: unknown): boolean {
  try {
    return type.parseValue(value) !== undefined;
  } catch {
    return false;
  }
}

function wrongType(type: GraphQLInputType, path: Path): InputIssue {
  return { path, message: `must be of type ${type.toString()}` };
}

function missing(type: GraphQLInputType, path: Path): InputIssue {
  return { path, message: `needs a value of type ${type.toString()}` };
}

/** Returns a field's name as it was sent, if it could be one. */
function shortName(name: string): string {
  return /^\w{1,64}$/.test(name) ? name : "…";
}
