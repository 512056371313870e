import {
  getDirectiveValues,
  GraphQLIncludeDirective,
  GraphQLSkipDirective,
  Kind,
  type DocumentNode,
  type FieldNode,
  type GraphQLDirective,
  type OperationDefinitionNode,
  type SelectionNode,
  type SelectionSetNode,
} from "graphql";

/**
 * The root fields of an operation, those of its fragments too, one for each response key: GraphQL merges the others.
 *
 * @param variables takes out what @skip and @include leave out; without them, everything counts.
 */
export function rootFields(
  document: DocumentNode,
  operation: OperationDefinitionNode,
  variables?: Readonly<Record<string, unknown>>,
): FieldNode[] {
  const fields = new Map<string, FieldNode>();
  const visited = new Set<string>();

  const directive = (definition: GraphQLDirective, node: SelectionNode): unknown => {
    try {
      return getDirectiveValues(definition, node, variables)?.["if"];
    } catch {
      // A condition without a value: execution has said so, and left nothing out.
      return undefined;
    }
  };
  const isLeftOut = (node: SelectionNode): boolean =>
    variables !== undefined &&
    (directive(GraphQLSkipDirective, node) === true || directive(GraphQLIncludeDirective, node) === false);

  const collect = ({ selections }: SelectionSetNode): void => {
    for (const selection of selections) {
      if (isLeftOut(selection)) continue;
      if (selection.kind === Kind.FIELD) fields.set((selection.alias ?? selection.name).value, selection);
      else if (selection.kind === Kind.INLINE_FRAGMENT) collect(selection.selectionSet);
      else if (!visited.has(selection.name.value)) {
        visited.add(selection.name.value);
        for (const definition of document.definitions) {
          if (definition.kind === Kind.FRAGMENT_DEFINITION && definition.name.value === selection.name.value)
            collect(definition.selectionSet);
        }
      }
    }
  };
  collect(operation.selectionSet);
  return [...fields.values()];
}
