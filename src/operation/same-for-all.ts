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

/** What is known of a subscription's document: its hash, and the variables by which its answers differ. */
type Shared = { readonly hash: string; readonly variables: readonly string[] };

// As long as the document is kept; undefined where answers depend on who asks.
const analysed = new WeakMap<OperationDefinitionNode, Shared | undefined>();

/**
 * What subscriptions have in common whose events are answered alike, whoever asks; undefined where a field is selected
 * that doesn't say of itself that it is `SameForAll`.
 */
export function sharedKeyOf(info: GraphQLResolveInfo): string | undefined {
  const { operation, variableValues } = info;
  if (!analysed.has(operation)) analysed.set(operation, analyse(info));
  const shared = analysed.get(operation);
  return shared && `${shared.hash} ${JSON.stringify(shared.variables.map((name) => variableValues[name] ?? null))}`;
}

function analyse({ schema, operation, fragments, returnType }: GraphQLResolveInfo): Shared | undefined {
  const [root] = operation.selectionSet.selections;
  const text = operation.loc?.source.body;
  if (root?.kind !== Kind.FIELD || root.selectionSet === undefined || text === undefined) return undefined;
  const variables = new Set<string>();
  let isSame = true;
  const look = (node: ASTNode, type?: GraphQLOutputType) => {
    const types = new TypeInfo(schema, type);
    const visitor = visitWithTypeInfo(types, {
      Field: ({ name }) => {
        if (name.value !== "__typename") isSame &&= types.getFieldDef()?.extensions["sameForAll"] === true;
      },
      Variable: ({ name }) => void variables.add(name.value),
    });
    visit(node, visitor);
  };
  // Below the root field, whose arguments say whom it is told of and not what.
  look(root.selectionSet, getNamedType(returnType) as GraphQLOutputType);
  for (const fragment of Object.values(fragments)) look(fragment);
  const hash = createHash("sha256")
    .update(`${operation.name?.value ?? ""} ${text}`)
    .digest("base64url");
  return isSame ? { hash, variables: [...variables] } : undefined;
}
