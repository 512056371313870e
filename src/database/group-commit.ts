import type { SqlEntityManager } from "@mikro-orm/knex";

import type { Stopwatch } from "../foundation/clock.js";
import type { Database } from "./engine.js";

/** A job of a transaction: it changes entities, and is rolled back if it throws. */
export type Job = (em: SqlEntityManager) => Promise<void>;

/**
 * Runs a job until only its commit is left. The commit is in an object, so that to await the run isn't to await the
 * commit: the next job may start before it.
 */
export type RunJob = (instant: Date | undefined, job: Job) => Promise<{ readonly committed: Promise<void> }>;

/** A job that succeeded was rolled back, because another job broke the transaction that they shared. */
export class RolledBackWithOthers extends Error {}

/** An open transaction that several jobs share. */
type SharedTransaction = {
  readonly em: SqlEntityManager;
  readonly elapsedMilliseconds: () => number;
  jobs: number;
  /** Whether the changes of the last job are in a savepoint. */
  hasSavepoint: boolean;
  readonly committed: Promise<void>;
  readonly settle: (committed: Promise<void>) => void;
};

// A commit waits for the disk once for all jobs that share it.
const maxJobs = 50;
// Other processes wait for the lock.
const maxMilliseconds = 10;

export type GroupCommitOptions = {
  readonly database: Database;
  /** Called when a transaction has committed. */
  readonly onCommitted: () => void;
  readonly stopwatch: Stopwatch;
};

/**
 * Lets jobs that follow each other without a pause share one transaction, and so one commit. A job that fails is rolled
 * back alone, to its savepoint.
 */
export class GroupCommit {
  private open: SharedTransaction | undefined;

  constructor(private readonly options: GroupCommitOptions) {}

  async run(instant: Date | undefined, job: Job): ReturnType<RunJob> {
    const shared = (this.open ??= await this.begin());
    const em = shared.em.fork({ keepTransactionContext: true });
    await this.beginJob(shared, em, instant);
    try {
      await job(em);
    } catch (error) {
      await this.rollBackLast(shared);
      throw error;
    }
    shared.jobs += 1;
    if (shared.jobs >= maxJobs || shared.elapsedMilliseconds() >= maxMilliseconds) await this.commit();
    return { committed: shared.committed };
  }

  /** Commits the open transaction, if there is one. Call it when no job follows. */
  async commit(): Promise<void> {
    const shared = this.open;
    if (shared === undefined) return;
    const committing = shared.em.commit().then(this.options.onCommitted);
    shared.settle(committing);
    await committing.then(
      () => (this.open = undefined),
      () => this.rollBack(shared),
    );
  }

  private async begin(): Promise<SharedTransaction> {
    const em = this.options.database.em.fork();
    await em.begin();
    let settle!: SharedTransaction["settle"];
    const committed = new Promise<void>((resolve) => (settle = resolve));
    committed.catch(() => {});
    const elapsedMilliseconds = this.options.stopwatch();
    return { em, elapsedMilliseconds, jobs: 0, hasSavepoint: false, committed, settle };
  }

  private async beginJob(shared: SharedTransaction, em: SqlEntityManager, instant: Date | undefined): Promise<void> {
    const { engine, use } = this.options.database;
    try {
      await engine.runTogether(em, [...savepointFor(shared), engine.beginAt(instant, use)]);
    } catch (error) {
      // The savepoint that exists now may be that of the job before.
      await this.rollBackAll(shared, error);
      throw error;
    }
    shared.hasSavepoint = shared.jobs > 0;
  }

  /** Rolls the last job back, or all of them if that fails: SQLite rolls everything back when the disk is full. */
  private async rollBackLast(shared: SharedTransaction): Promise<void> {
    if (shared.jobs === 0) return this.rollBack(shared);
    const { engine } = this.options.database;
    await engine
      .runTogether(shared.em, ["rollback to work"])
      .catch((cause: unknown) => this.rollBackAll(shared, cause));
  }

  /** Rolls all jobs back; those that succeeded are run again. */
  private async rollBackAll(shared: SharedTransaction, cause: unknown): Promise<void> {
    await this.rollBack(shared);
    shared.settle(Promise.reject(new RolledBackWithOthers("The transaction broke", { cause })));
  }

  private async rollBack(shared: SharedTransaction): Promise<void> {
    this.open = undefined;
    // A lost connection has nothing to roll back.
    await shared.em.rollback().catch(() => {});
  }
}

/** Returns the statements that separate the next job from those before it. */
function savepointFor({ jobs, hasSavepoint }: SharedTransaction): readonly string[] {
  if (jobs === 0) return [];
  return hasSavepoint ? ["release work", "savepoint work"] : ["savepoint work"];
}
