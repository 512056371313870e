import { Kind, visit, type DocumentNode } from "graphql";

/** The cost of validating a document. */
export type DocumentCost = {
  /** The number of nodes in its syntax tree. */
  readonly nodes: number;
  /**
   * An upper bound of the pairs of fields and of fragments that validation compares ("Field Selection Merging", GraphQL
   * specification, 5.3.2). Fields of the same response name are compared pairwise, and so are the fragments of a selection
   * set. Plain fields don't count: comparing two of them takes a hundredth of the time.
   */
  readonly mergePairs: number;
};

export function costOfDocument(document: DocumentNode): DocumentCost {
  const fields = new Map<string, number>();
  let spreads = 0;
  let nodes = 0;
  visit(document, {
    enter(node) {
      nodes += 1;
      if (node.kind === Kind.FRAGMENT_SPREAD) spreads += 1;
      if (node.kind !== Kind.FIELD || (node.selectionSet === undefined && (node.arguments ?? []).length === 0)) return;
      const key = (node.alias ?? node.name).value;
      fields.set(key, (fields.get(key) ?? 0) + 1);
    },
  });
  const mergePairs = [...fields.values(), spreads].reduce((sum, count) => sum + (count * (count - 1)) / 2, 0);
  return { nodes, mergePairs };
}
