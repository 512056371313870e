import {
  isInputObjectType,
  isInputType,
  isListType,
  isNonNullType,
  isRequiredInputField,
  typeFromAST,
  type GraphQLInputType,
  type GraphQLSchema,
  type VariableDefinitionNode,
} from "graphql";

import type { InputIssue } from "../errors.js";

type Values = Readonly<Record<string, unknown>>;
type Path = InputIssue["path"];

/**
 * Every place where an operation's variables don't fit their types. Execution would find the same, but its messages
 * quote what was sent: a whole input, password and all, where one of its fields is missing.
 */
export function variableIssues(
  schema: GraphQLSchema,
  definitions: readonly VariableDefinitionNode[],
  variables: Values,
): InputIssue[] {
  const issues = definitions.flatMap((definition) => {
    const type = typeFromAST(schema, definition.type);
    if (!isInputType(type)) return [];
    const name = definition.variable.name.value;
    if (Object.hasOwn(variables, name)) return issuesOf(type, variables[name], [name]);
    return isNonNullType(type) && definition.defaultValue === undefined ? [missing(type, [name])] : [];
  });
  // Nobody reads more, and the answer should not outgrow the question.
  return issues.slice(0, 100);
}

function issuesOf(type: GraphQLInputType, value: unknown, path: Path): InputIssue[] {
  if (isNonNullType(type)) return value == null ? [missing(type, path)] : issuesOf(type.ofType, value, path);
  if (value == null) return [];
  if (isListType(type)) {
    // A value that is no list counts as a list of one.
    if (!Array.isArray(value)) return issuesOf(type.ofType, value, path);
    return value.flatMap((item, index) => issuesOf(type.ofType, item, [...path, index]));
  }
  const wrongType = { path, message: `must be of type ${type.toString()}` };
  if (isInputObjectType(type)) {
    if (typeof value !== "object" || Array.isArray(value)) return [wrongType];
    const given = value as Values;
    const fields = type.getFields();
    return [
      ...Object.values(fields).flatMap((field) => {
        if (Object.hasOwn(given, field.name)) return issuesOf(field.type, given[field.name], [...path, field.name]);
        return isRequiredInputField(field) ? [missing(field.type, [...path, field.name])] : [];
      }),
      ...Object.keys(given)
        .filter((name) => !Object.hasOwn(fields, name))
        .map((name) => ({ path: [...path, shortName(name)], message: `is no field of ${type.toString()}` })),
    ];
  }
  try {
    return type.parseValue(value) === undefined ? [wrongType] : [];
  } catch {
    return [wrongType];
  }
}

function missing(type: GraphQLInputType, path: Path): InputIssue {
  return { path, message: `needs a value of type ${type.toString()}` };
}

/** A field's name as it was sent, where it could be one. */
function shortName(name: string): string {
  return /^\w{1,64}$/.test(name) ? name : "…";
}
