import type { EntityManager } from "@mikro-orm/core";

import type { Database } from "./database.js";
import { beforeSignal, type Signal } from "./deadline.js";
import type { OperationReader } from "./reader.js";
import { makeTurns, type Waiting } from "./turns.js";

/**
 * Runs `work` in one write transaction on an EntityManager of its own, so that it sees what others have committed;
 * commits what it changed. Nothing slow (hashing, calls) belongs inside: all other writers wait.
 *
 * @throws the reason of the operation's signal, where that comes before the commit begins. A commit that has begun is
 * never cut, and its outcome is told.
 */
export type Transaction = <Result>(work: (em: EntityManager) => Promise<Result>) => Promise<Result>;

/** How an operation gets at the database: what it reads, what it changes, and the signal that ends both. */
export type Access = {
  readonly reader: OperationReader;
  readonly transaction: Transaction;
  readonly signal: Signal;
};

/** Makes the transactions of an operation: writers have turns, since the database has one at a time. */
export function transactionsOn(database: Database): (waiting: Waiting) => Transaction {
  const inTurn = makeTurns(1);
  return (waiting) => (work) => {
    const { signal } = waiting;
    let hasBegun = false;
    const transaction = inTurn(
      () =>
        database.em.fork().transactional(async (em) => {
          hasBegun = true;
          signal?.throwIfAborted();
          const result = await work(em);
          signal?.throwIfAborted();
          return result;
        }),
      waiting,
    );
    // Whoever waits for another process's lock is answered in time; the turn ends when the wait does.
    return beforeSignal(transaction, signal, () => !hasBegun);
  };
}
