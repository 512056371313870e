/** Returns the value below which a share of the figures lies. */
export function quantile(figures: readonly number[], share: number): number {
  const sorted = figures.toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))]!;
}

export const median = (figures: readonly number[]) => quantile(figures, 0.5);

/** Adds one to the count of a key. */
export const countIn = (counts: Map<string, number>, key: string, more = 1) =>
  void counts.set(key, (counts.get(key) ?? 0) + more);

/** Lists counts, the highest first: `ok 180, TIMEOUT 20`. */
export function listCounts(counts: ReadonlyMap<string, number>): string {
  const sorted = [...counts].toSorted(([, a], [, b]) => b - a);
  return sorted.length === 0 ? "none" : sorted.map(([key, count]) => `${key} ${count}`).join(", ");
}

/** Lists how often each code was seen. */
export function listCodes(samples: readonly { readonly code: string }[]): string {
  const counts = new Map<string, number>();
  for (const { code } of samples) countIn(counts, code);
  return listCounts(counts);
}
