import { Kind, type DocumentNode, type OperationDefinitionNode, type SelectionSetNode } from "graphql";

/** The fields that try a secret or make one: each costs a hash or a write, and a guess. */
export const credentialFieldNames: ReadonlySet<string> = new Set([
  "login",
  "register",
  "refreshSession",
  "changePassword",
  "deleteAccount",
]);

/**
 * How many of them an operation would run, by its aliases and fragments. One request may otherwise carry a thousand
 * guesses. Fields that @skip or @include leave out count too.
 */
export function credentialFields(document: DocumentNode, operation: OperationDefinitionNode): number {
  const responseKeys = new Set<string>();
  const visited = new Set<string>();

  const collect = ({ selections }: SelectionSetNode): void => {
    for (const selection of selections) {
      if (selection.kind === Kind.FIELD) {
        // Fields of one response key are merged into one.
        if (credentialFieldNames.has(selection.name.value)) responseKeys.add((selection.alias ?? selection.name).value);
      } else if (selection.kind === Kind.INLINE_FRAGMENT) collect(selection.selectionSet);
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
  return responseKeys.size;
}
