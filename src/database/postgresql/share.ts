/** How many connections of a process do what, beside the one that tells who asks. */
type Share = {
  /** For changes. */
  readonly writers: number;
  /** For short reads. */
  readonly shortReaders: number;
  /** For searches, counts and whatever else may be slow. */
  readonly slowReaders: number;
};

/** Shares out what a process may open, five at least: of fourteen, eight for changes, four and two for reads. */
export function shareOut(connections: number): Share {
  const shared = connections - 1;
  const writers = Math.round((shared * 8) / 14);
  const slowReaders = Math.max(1, Math.floor((shared * 2) / 14));
  return { writers, slowReaders, shortReaders: shared - writers - slowReaders };
}
