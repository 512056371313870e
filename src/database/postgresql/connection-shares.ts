/** How the connections of a process are divided, apart from the one that looks up sessions. */
type ConnectionShares = {
  /** For transactions. */
  readonly writers: number;
  /** For short reads, several at a time on each connection. */
  readonly shortReaders: number;
  /** For searches, counts and other reads that may be slow. */
  readonly slowReaders: number;
};

/**
 * Divides the connections of a process, of which there are at least 5. Of 13, 8 are for transactions and 4 for reads.
 */
export function divideConnections(connections: number): ConnectionShares {
  const shared = connections - 1;
  const writers = Math.floor((shared * 8) / 12);
  const slowReaders = Math.max(1, Math.floor((shared * 2) / 12));
  return { writers, slowReaders, shortReaders: shared - writers - slowReaders };
}
