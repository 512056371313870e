import type { SqlEntityManager } from "@mikro-orm/knex";

import { beforeSignal, tookTooLong, type Signal } from "./deadline.js";
import type { Dialect } from "./dialect.js";
import type { Database } from "./engine.js";
import type { OperationReader } from "./reader.js";
import { makeTurns, type Waiting } from "./turns.js";

/**
 * Runs `work` in one write transaction on an EntityManager of its own, so that it sees what others have committed;
 * commits what it changed. Nothing slow (hashing, calls) belongs inside: all other writers wait.
 *
 * @throws the reason of the operation's signal, where that comes before the commit begins. A commit that has begun is
 * never cut, and its outcome is told.
 */
export type Transaction = <Result>(work: Work<Result>) => Promise<Result>;
type Work<Result> = (em: SqlEntityManager, dialect: Dialect) => Promise<Result>;

/** How an operation gets at the database: what it reads, what it changes, and the signal that ends both. */
export type Access = {
  readonly reader: OperationReader;
  readonly transaction: Transaction;
  readonly signal: Signal;
};

// Transactions that lock the same rows in another order, or find a row that wasn't there a moment ago, run again.
const mostTries = 5;

/** Who waits to write, and the instant of it; without one, nobody hears of what is written. */
export type Writing = Waiting & { readonly now?: Date };

/**
 * Makes the transactions of an operation. Writers have turns: as many run at a time as the database has them.
 *
 * @param onCommitted called when one has committed.
 */
export function transactionsOn(database: Database, onCommitted = () => {}): (writing: Writing) => Transaction {
  const { engine } = database;
  const inTurn = makeTurns(engine.writers(database.use));

  const tryOnce = async <Result>(
    work: Work<Result>,
    { signal, now }: Writing,
    onCommit: () => void,
  ): Promise<Result> => {
    const em = database.em.fork();
    await em.begin();
    try {
      signal?.throwIfAborted();
      await em.execute(engine.beginAt(now, database.use));
      const result = await work(em, engine.dialect);
      await em.flush();
      signal?.throwIfAborted();
      onCommit();
      await em.commit();
      onCommitted();
      return result;
    } catch (error) {
      // A connection that is gone has nothing to roll back.
      await em.rollback().catch(() => {});
      throw error;
    }
  };

  return (writing) => (work) => {
    const { signal } = writing;
    let isCommitting = false;
    const tryUntilDone = async <Result>(run: Work<Result>): Promise<Result> => {
      for (let tries = 1; ; tries += 1) {
        try {
          return await tryOnce(run, writing, () => (isCommitting = true));
        } catch (error) {
          if (!(error instanceof Error)) throw error;
          // TIMEOUT says that nothing was written, and of a COMMIT that nobody answered nobody knows.
          const isUnknown = isCommitting && engine.isAway(error);
          if (engine.isTimeout(error) && !isUnknown) throw tookTooLong();
          if (isCommitting || tries === mostTries || !engine.isConflict(error)) throw error;
        }
      }
    };
    // Whoever waits for another's lock is answered in time; the turn ends when the wait does.
    return beforeSignal(
      inTurn(() => tryUntilDone(work), writing),
      signal,
      () => !isCommitting,
    );
  };
}
