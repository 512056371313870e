/** How long connecting and a statement may take before they are given up. */
export const connectTimeoutMilliseconds = 5_000;
export const statementTimeoutMilliseconds = 30_000;

// How long a transaction may wait for a lock, and may stay idle while it holds locks.
const lockTimeoutMilliseconds = 10_000;
const idleTimeoutMilliseconds = 10_000;

/** The time limits of a transaction that writes, as settings of its connection. */
export const transactionLimits = {
  statement_timeout: statementTimeoutMilliseconds,
  lock_timeout: lockTimeoutMilliseconds,
  idle_in_transaction_session_timeout: idleTimeoutMilliseconds,
};
