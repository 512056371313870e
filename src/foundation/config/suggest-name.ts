const mostEdits = 2;

/**
 * Returns the known name that a misspelt name probably means: the same words in another order, or at most two letters
 * different. Known names without an underscore (`PORT`, `HOST`) are too short to distinguish a typo from another
 * program's variable.
 */
export function suggestName<Name extends string>(name: string, known: readonly Name[]): Name | undefined {
  if (known.some((other) => other === name)) return undefined;
  const words = sortedWords(name);
  // A start asks for every variable of the environment.
  return known
    .filter((other) => other.includes("_") && Math.abs(other.length - name.length) <= mostEdits)
    .find((other) => editDistance(other, name) <= mostEdits || sortedWords(other) === words);
}

function sortedWords(name: string): string {
  return name.toUpperCase().split("_").toSorted().join("_");
}

/**
 * Counts the letters to insert, delete or replace to get from `a` to `b` (Levenshtein distance), unless it is clear that
 * they are more than `mostEdits`.
 */
function editDistance(a: string, b: string): number {
  let previous = Array.from({ length: b.length + 1 }, (_, column) => column);
  for (const [row, letter] of a.split("").entries()) {
    const current = [row + 1];
    for (const [column, other] of b.split("").entries()) {
      const replaced = previous[column]! + (letter === other ? 0 : 1);
      current.push(Math.min(previous[column + 1]! + 1, current[column]! + 1, replaced));
    }
    if (current.every((edits) => edits > mostEdits)) return Infinity;
    previous = current;
  }
  return previous[b.length]!;
}
