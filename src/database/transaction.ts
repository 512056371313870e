import type { SqlEntityManager } from "@mikro-orm/knex";

import { systemStopwatch, systemTimer, type Stopwatch, type Timer } from "../foundation/clock.js";
import { raceSignal, timeoutError, type Signal } from "../foundation/fairness/deadline.js";
import { fairLimiter, tooBusy, type Load, type Waiting } from "../foundation/fairness/fair-limiter.js";
import type { OperationSpan, TransactionSpan } from "../foundation/tracing/span.js";
import type { Database } from "./engine.js";
import type { PlainEntityManager } from "./entity-manager.js";
import type { NewEvent } from "./event-log/event.js";
import { eventsStatement } from "./event-log/publish.js";
import { GroupCommit, RolledBackWithOthers, type Job, type RunJob } from "./group-commit.js";
import type { OperationReader } from "./operation-reader.js";
import type { Dialect } from "./sql.js";
import { watchStatements } from "./statement-tracing.js";
import { TransactionEffects, type AfterCommit } from "./transaction-effects.js";

/**
 * Runs `work` in one write transaction on an EntityManager of its own, so that it sees what others have committed, and
 * commits what it changed. Nothing slow (hashing, network calls) belongs inside: all other writers wait.
 *
 * @throws the reason of the operation's signal, if that comes before the commit starts. A commit that has started is
 * never cancelled: the caller gets its outcome.
 */
export type Transaction = <Result>(work: Work<Result>) => Promise<Result>;
type Work<Result> = (em: SqlEntityManager, dialect: Dialect) => Promise<Result>;

/** An operation's access to the database: its reads, its transactions, and the signal that cancels both. */
export type Access = {
  readonly reader: OperationReader;
  readonly transaction: Transaction;
  readonly signal: Signal;
};

/** How a writer waits, and the instant of its changes. Without an instant, its changes are not recorded as events. */
export type Writing = Waiting & { readonly now?: Date; readonly span?: OperationSpan | undefined };

/** Makes the `Transaction` of an operation. */
export type Transactions = ((writing: Writing) => Transaction) & { readonly load: () => Load };

const maxTries = 8;
const minPauseMilliseconds = 10;
const maxPauseMilliseconds = 200;

type Options = {
  /** The topics that may be published; any if undefined. */
  readonly topics: ReadonlySet<string>;
  /** Runs the work that follows a commit. Without it, there can be none. */
  readonly afterCommit: (work: readonly AfterCommit[], clientKey: string) => void;
  /** Measures time, waits between tries, and returns random numbers from 0 to 1. */
  readonly stopwatch: Stopwatch;
  readonly timer: Timer;
  readonly random: () => number;
};

/**
 * Makes the transactions of a database. Writers queue: as many run at a time as the engine allows.
 *
 * @param onCommitted called when a transaction has committed.
 */
export function transactionsOn(
  database: Database,
  onCommitted = () => {},
  options: Partial<Options> = {},
): Transactions {
  const { topics, afterCommit, stopwatch = systemStopwatch, timer = systemTimer, random = Math.random } = options;
  const { engine, use } = database;
  const writers = engine.writers(use);
  const groups = writers === 1 ? new GroupCommit({ database, onCommitted, stopwatch }) : undefined;
  const runJob: RunJob = groups === undefined ? runInOwn(database, onCommitted) : (...job) => groups.run(...job);
  const inTurn = fairLimiter(writers, { beforeIdle: groups && (() => groups.commit()) });
  const pauseAfter = (tries: number) =>
    new Promise<void>((resolve) => void timer(pauseMilliseconds(tries, random()), resolve));

  const transactionFor =
    (writing: Writing): Transaction =>
    (work) => {
      const span = writing.span?.transaction(engine.dialect.name);
      const { now, signal, clientKey } = writing;
      const follow = afterCommit && ((then: readonly AfterCommit[]) => afterCommit(then, clientKey));
      const run = (job: Job) => inTurn(() => runJob(now, job), writing);
      const retried = new RetriedTransaction({ database, work, now, topics, follow, signal, span, run, pauseAfter });
      const result = retried.result();
      if (span !== undefined) result.then(() => span.end(), span.end);
      return result;
    };
  return Object.assign(transactionFor, { load: inTurn.load });
}

type RetriedTransactionOptions<Result> = {
  readonly database: Database;
  readonly work: Work<Result>;
  readonly now: Date | undefined;
  readonly topics: ReadonlySet<string> | undefined;
  readonly follow: ((work: readonly AfterCommit[]) => void) | undefined;
  readonly signal: Signal | undefined;
  readonly span: TransactionSpan | undefined;
  readonly run: (job: Job) => ReturnType<RunJob>;
  readonly pauseAfter: (tries: number) => Promise<void>;
};

/** A transaction that is tried again after it conflicted with another one. */
class RetriedTransaction<Result> {
  private isCommitting = false;

  constructor(private readonly options: RetriedTransactionOptions<Result>) {}

  /** Answers in time even if the transaction waits for a lock. Its place in the queue is free when that wait ends. */
  result(): Promise<Result> {
    return raceSignal(this.runUntilDone(), this.options.signal, () => !this.isCommitting);
  }

  private async runUntilDone(): Promise<Result> {
    for (let tries = 1; ; tries += 1) {
      try {
        return await this.runOnce();
      } catch (error) {
        await this.prepareRetry(error, tries);
      }
    }
  }

  private async runOnce(): Promise<Result> {
    const { database, work, topics, follow, signal, span, run } = this.options;
    const { dialect } = database.engine;
    let result!: Result;
    this.isCommitting = false;
    const effects = new TransactionEffects(topics, follow !== undefined);
    const { committed } = await run(async (em) => {
      signal?.throwIfAborted();
      (em as PlainEntityManager).effects = effects;
      const change = async () => {
        result = await work(em, dialect);
        await em.flush();
        effects.isOpen = false;
        await this.writeEvents(em, effects.events);
      };
      await (span === undefined ? change() : watchStatements(span.ran, change));
      signal?.throwIfAborted();
      this.isCommitting = true;
    });
    await committed;
    if (effects.afterCommit.length > 0) follow!(effects.afterCommit);
    return result;
  }

  /** Writes the published events last: the rows that they are about are locked by now. */
  private async writeEvents(em: SqlEntityManager, events: readonly NewEvent[]): Promise<void> {
    const { database, now } = this.options;
    if (events.length === 0 || now === undefined) return;
    const { dialect } = database.engine;
    const { text, values } = eventsStatement(events, now, dialect).in(dialect);
    await em.execute(text, [...values]);
  }

  /** Resolves when the transaction may be tried again, and otherwise throws the error to answer. */
  private async prepareRetry(error: unknown, tries: number): Promise<void> {
    if (!(error instanceof Error)) throw error;
    const { engine } = this.options.database;
    // TIMEOUT promises that nothing was written, but a COMMIT without an answer may have succeeded.
    const isUnknown = this.isCommitting && engine.isAway(error);
    if (engine.isTimeout(error) && !isUnknown) throw timeoutError();
    const isRolledBack = engine.isRolledBack(error);
    const isUndone = isRolledBack || error instanceof RolledBackWithOthers;
    if (!isUndone && (this.isCommitting || !engine.isConflict(error))) throw error;
    if (tries === maxTries) throw isUndone ? tooBusy() : error;
    // Nothing was committed, so the signal may end the transaction again.
    this.isCommitting = false;
    if (isRolledBack) await this.options.pauseAfter(tries);
  }
}

/**
 * Returns the pause before a transaction that was rolled back for another one is tried again. Each may be twice as long
 * as the one before. A random part of it keeps the same two transactions from conflicting again.
 */
function pauseMilliseconds(tries: number, random: number): number {
  const longest = Math.min(minPauseMilliseconds * 2 ** (tries - 1), maxPauseMilliseconds);
  return (longest * (1 + random)) / 2;
}

/** Runs each job in a transaction of its own; several may run at a time. */
function runInOwn({ em: shared, engine, use }: Database, onCommitted: () => void): RunJob {
  return async (instant, job) => {
    const em = shared.fork();
    await em.begin();
    try {
      await engine.runTogether(em, [engine.beginAt(instant, use)]);
      await job(em);
      await em.commit();
      onCommitted();
      return { committed: Promise.resolve() };
    } catch (error) {
      // A lost connection has nothing to roll back.
      await em.rollback().catch(() => {});
      throw error;
    }
  };
}
