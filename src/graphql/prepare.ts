import { Kind, OperationTypeNode, type DocumentNode, type GraphQLSchema, type OperationDefinitionNode } from "graphql";

import { handlesSecret } from "../kit/declaration.js";
import { sizeOf, type Size } from "./query-cost.js";
import { rootFields } from "./root-fields.js";

export type Prepared = {
  /** The names of the root fields, including those that @skip and @include leave out. */
  readonly rootFieldNames: readonly string[];
  /** Whether it asks for the schema: introspection. */
  readonly asksForSchema: boolean;
  /** The number of root fields that verify or create a secret. Each costs a hash or a write, and can be a guess. */
  readonly secretFields: number;
  /** @param variables as they were sent. The default of a missing one counts. */
  readonly sizeWith: (variables: Variables) => Size;
};
type Variables = Readonly<Record<string, unknown>>;

// Kept as long as the document.
const prepared = new WeakMap<OperationDefinitionNode, Prepared>();

/** Returns the facts about an operation that follow from its document alone. They are found once, not for each request. */
export function preparedOf(
  schema: GraphQLSchema,
  document: DocumentNode,
  operation: OperationDefinitionNode,
): Prepared {
  let known = prepared.get(operation);
  if (known === undefined) prepared.set(operation, (known = prepare(schema, document, operation)));
  return known;
}

function prepare(schema: GraphQLSchema, document: DocumentNode, operation: OperationDefinitionNode): Prepared {
  // The variables for page sizes. With the same values, the size is the same.
  const ofPages = new Set<string>();
  const keyOf = (variables: Variables) => [...ofPages].map((name) => numberOf(operation, name, variables)).join();
  const rootFieldNames = rootFields(document, operation).map(({ name }) => name.value);
  const withSecrets = operation.operation === OperationTypeNode.MUTATION ? fieldsWithSecrets(schema) : [];
  let latest: { readonly key: string; readonly size: Size } | undefined;
  return {
    rootFieldNames,
    asksForSchema: rootFieldNames.some((name) => name === "__schema" || name === "__type"),
    secretFields: rootFieldNames.filter((name) => withSecrets.includes(name)).length,
    sizeWith(variables) {
      if (latest === undefined || latest.key !== keyOf(variables)) {
        const size = sizeOf(schema, document, operation, (name) => {
          ofPages.add(name);
          return numberOf(operation, name, variables);
        });
        latest = { key: keyOf(variables), size };
      }
      return latest.size;
    },
  };
}

/** Returns the names of the mutations that verify or create a secret. */
export function fieldsWithSecrets(schema: GraphQLSchema): string[] {
  return Object.values(schema.getMutationType()?.getFields() ?? {})
    .filter(({ extensions }) => extensions[handlesSecret] === true)
    .map(({ name }) => name);
}

/** Returns the number of a variable, which may be its default. */
function numberOf(
  { variableDefinitions = [] }: OperationDefinitionNode,
  name: string,
  variables: Variables,
): number | undefined {
  // Own properties alone: a variable may have the name of something that every object has.
  const value = Object.hasOwn(variables, name) ? variables[name] : undefined;
  if (typeof value === "number") return value;
  if (value !== undefined) return undefined;
  const preset = variableDefinitions.find(({ variable }) => variable.name.value === name)?.defaultValue;
  return preset?.kind === Kind.INT ? Number(preset.value) : undefined;
}
