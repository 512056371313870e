import { createHash } from "node:crypto";

import {
  getNamedType,
  Kind,
  TypeInfo,
  visit,
  visitWithTypeInfo,
  type ASTNode,
  type GraphQLOutputType,
  type GraphQLResolveInfo,
  type OperationDefinitionNode,
} from "graphql";

/** A subscription's document: its hash, and the variables and traits by which its answers differ. */
type Shared = { readonly hash: string; readonly variables: readonly string[]; readonly traits: readonly string[] };

// Kept as long as the document. Undefined if answers depend on the subscriber.
const analysed = new WeakMap<OperationDefinitionNode, Shared | undefined>();

/**
 * Returns the key of subscriptions that get the same answer to an event if their traits are the same. Undefined if a
 * selected field is neither `SameForAll` nor `SameForTrait`.
 */
export function sharedAnswersOf(info: GraphQLResolveInfo): { key: string; traits: readonly string[] } | undefined {
  const { operation, variableValues } = info;
  if (!analysed.has(operation)) analysed.set(operation, analyse(info));
  const shared = analysed.get(operation);
  if (shared === undefined) return undefined;
  const given = shared.variables.map((name) => variableValues[name] ?? null);
  return { key: `${shared.hash} ${JSON.stringify(given)}`, traits: shared.traits };
}

function analyse({ schema, operation, fragments, returnType }: GraphQLResolveInfo): Shared | undefined {
  const [root] = operation.selectionSet.selections;
  const text = operation.loc?.source.body;
  if (root?.kind !== Kind.FIELD || root.selectionSet === undefined || text === undefined) return undefined;
  const variables = new Set<string>();
  const among = new Set<unknown>();
  const look = (node: ASTNode, type?: GraphQLOutputType) => {
    const types = new TypeInfo(schema, type);
    const visitor = visitWithTypeInfo(types, {
      Field: ({ name }) => {
        if (name.value !== "__typename") among.add(types.getFieldDef()?.extensions["sharedAmong"]);
      },
      Variable: ({ name }) => void variables.add(name.value),
    });
    visit(node, visitor);
  };
  // Below the root field: its arguments select events and don't change their answers.
  look(root.selectionSet, getNamedType(returnType) as GraphQLOutputType);
  for (const fragment of Object.values(fragments)) look(fragment);
  const hash = createHash("sha256")
    .update(`${operation.name?.value ?? ""} ${text}`)
    .digest("base64url");
  among.delete("all");
  const traits = [...among].filter((trait) => typeof trait === "string");
  return traits.length === among.size ? { hash, variables: [...variables], traits } : undefined;
}
