/** How many connections of a process do what, beside the one that tells who asks. */
type Share = {
  /** For changes. */
  readonly writers: number;
  /** For short reads, several at a time on each. */
  readonly shortReaders: number;
  /** For searches, counts and whatever else may be slow. */
  readonly slowReaders: number;
};

/** Shares out what a process may open, five at least: of twelve, eight for changes, two and two for reads. */
export function divideConnections(connections: number): Share {
  const shared = connections - 1;
  const writers = Math.floor((shared * 8) / 12);
  const slowReaders = Math.max(1, Math.floor((shared * 2) / 12));
  return { writers, slowReaders, shortReaders: shared - writers - slowReaders };
}
