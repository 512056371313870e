import { Kind, parse, type GraphQLSchema } from "graphql";

import type { TrustedDocuments } from "./trusted-documents.js";

/**
 * Returns the names of the operations of trusted documents (undefined if any document may run) and the names of all root
 * fields.
 */
export function knownOperations(
  schema: GraphQLSchema,
  trusted: TrustedDocuments | undefined,
): [trusted: string[] | undefined, rootFields: string[]] {
  const types = [schema.getQueryType(), schema.getMutationType(), schema.getSubscriptionType()];
  const rootFields = types.flatMap((type) => Object.keys(type?.getFields() ?? {}));
  return [trusted && Array.from(trusted.values()).flatMap(operationNamesIn), [...rootFields, "__schema", "__type"]];
}

function operationNamesIn(document: string): string[] {
  try {
    return parse(document).definitions.flatMap((definition) =>
      definition.kind === Kind.OPERATION_DEFINITION && definition.name !== undefined ? [definition.name.value] : [],
    );
  } catch {
    // Its sender gets the error.
    return [];
  }
}
