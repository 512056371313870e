import type { SqlEntityManager } from "@mikro-orm/knex";

import { systemStopwatch, systemTimer, type Timer } from "../foundation/clock.js";
import { KnownError } from "../foundation/errors.js";
import { raceSignal, timeoutError, type Signal } from "../foundation/fairness/deadline.js";
import { commitGroups, UndoneWithOthers, type Run } from "./group-commit.js";
import type { Dialect } from "./sql.js";
import type { Database } from "./engine.js";
import type { OperationReader } from "./reader.js";
import type { OperationSpan } from "../foundation/tracing/span.js";
import { watchStatements } from "./statement-tracing.js";
import { fairLimiter, type Load, type Waiting } from "../foundation/fairness/fair-limiter.js";

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

// A transaction that was rolled back for another one, or that found a row which wasn't there a moment ago, runs again.
const mostTries = 8;

const firstPauseMilliseconds = 10;
const longestPauseMilliseconds = 200;

/**
 * Waits before a transaction that was rolled back for another one is tried again. Each pause may be twice as long as the
 * one before. A random part of it keeps two transactions from meeting again.
 */
function pauseAfter(tries: number, timer: Timer, random: () => number): Promise<void> {
  const longest = Math.min(firstPauseMilliseconds * 2 ** (tries - 1), longestPauseMilliseconds);
  return new Promise((resolve) => void timer((longest * (1 + random())) / 2, resolve));
}

/** The answer to an operation whose transaction met others each time it was tried. */
const metOthers = (): KnownError =>
  new KnownError("SERVICE_UNAVAILABLE", "The server is busy; try again in a moment", { retryAfterSeconds: 1 });

/** Who waits to write, and the instant of it; without one, nobody hears of what is written. */
export type Writing = Waiting & { readonly now?: Date; readonly span?: OperationSpan | undefined };

/**
 * Makes the transactions of an operation. Writers have turns: as many run at a time as the database has them.
 *
 * @param onCommitted called when one has committed.
 * @param means measure time, wait between tries, and give random numbers from 0 to 1.
 */
export function transactionsOn(
  database: Database,
  onCommitted = () => {},
  { stopwatch = systemStopwatch, timer = systemTimer, random = Math.random } = {},
): ((writing: Writing) => Transaction) & { readonly load: () => Load } {
  const { engine, use } = database;
  const writers = engine.writers(use);
  const groups = writers === 1 ? commitGroups(database, onCommitted, stopwatch) : undefined;
  const run = groups?.run ?? eachInItsOwn(database, onCommitted);
  const inTurn = fairLimiter(writers, { beforeIdle: groups?.commit });

  const transactionFor =
    (writing: Writing): Transaction =>
    (work) => {
      const { signal, now } = writing;
      const span = writing.span?.transaction(engine.dialect.name);
      let isCommitting = false;
      const tryOnce = async <Result>(toDo: Work<Result>): Promise<Result> => {
        let result!: Result;
        isCommitting = false;
        const inGroup = async (em: SqlEntityManager) => {
          signal?.throwIfAborted();
          const change = async () => {
            result = await toDo(em, engine.dialect);
            await em.flush();
          };
          await (span === undefined ? change() : watchStatements(span.ran, change));
          signal?.throwIfAborted();
          isCommitting = true;
        };
        const [committed] = await inTurn(() => run(now, inGroup), writing);
        await committed;
        return result;
      };
      const tryUntilDone = async <Result>(toDo: Work<Result>): Promise<Result> => {
        for (let tries = 1; ; tries += 1) {
          try {
            return await tryOnce(toDo);
          } catch (error) {
            if (!(error instanceof Error)) throw error;
            // TIMEOUT says that nothing was written, and of a COMMIT that nobody answered nobody knows.
            const isUnknown = isCommitting && engine.isAway(error);
            if (engine.isTimeout(error) && !isUnknown) throw timeoutError();
            const isRolledBack = engine.isRolledBack(error);
            const isUndone = isRolledBack || error instanceof UndoneWithOthers;
            if (!isUndone && (isCommitting || !engine.isConflict(error))) throw error;
            if (tries === mostTries) throw isUndone ? metOthers() : error;
            // Nothing was committed, so the signal may end it again.
            isCommitting = false;
            if (isRolledBack) await pauseAfter(tries, timer, random);
          }
        }
      };
      // Whoever waits for another's lock is answered in time; the turn ends when the wait does.
      const done = raceSignal(tryUntilDone(work), signal, () => !isCommitting);
      if (span !== undefined) done.then(() => span.end(), span.end);
      return done;
    };
  return Object.assign(transactionFor, { load: inTurn.load });
}

/** A transaction for each work, of which several run at a time. */
function eachInItsOwn({ em, engine, use }: Database, onCommitted: () => void): Run {
  return async (instant, work) => {
    const own = em.fork();
    await own.begin();
    try {
      await engine.runTogether(own, [engine.beginAt(instant, use)]);
      await work(own);
      await own.commit();
      onCommitted();
      return [];
    } catch (error) {
      // A connection that is gone has nothing to roll back.
      await own.rollback().catch(() => {});
      throw error;
    }
  };
}
