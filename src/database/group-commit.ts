import type { SqlEntityManager } from "@mikro-orm/knex";

import type { Stopwatch } from "../foundation/clock.js";
import type { Database } from "./engine.js";

/** A transaction that several works have in common, which wait for one another to the end. */
type Group = {
  readonly em: SqlEntityManager;
  readonly elapsed: () => number;
  works: number;
  /** Whether what the last work did stands in a savepoint. */
  hasSavepoint: boolean;
  /** Resolves when it has committed. */
  readonly committed: Promise<void>;
  readonly settle: (committing: Promise<void>) => void;
};

/** What sets the next work apart from those before it. */
function apart({ works, hasSavepoint }: Group): readonly string[] {
  if (works === 0) return [];
  return hasSavepoint ? ["release work", "savepoint work"] : ["savepoint work"];
}

/** Why a work that went well was undone: the transaction broke in the hands of another that was in it. */
export class UndoneWithOthers extends Error {}

/** Runs a work in its turn, up to where it can only be committed, and gives what to wait for once the turn is over. */
export type Run = (
  instant: Date | undefined,
  work: (em: SqlEntityManager) => Promise<void>,
) => Promise<Promise<void>[]>;

// A commit waits for the disk, and works that wait for their turn meanwhile can as well wait together.
const mostWorks = 50;
// Other processes wait for the lock.
const mostMilliseconds = 10;

/**
 * Lets works that follow each other without a pause share one transaction, and so one commit. Each is undone by itself
 * where it fails.
 *
 * `commit` commits what is open, and has to be called when no work follows.
 *
 * @param onCommitted called when a transaction has committed.
 */
export function commitGroups(
  { em, engine, use }: Database,
  onCommitted: () => void,
  stopwatch: Stopwatch,
): { readonly run: Run; readonly commit: () => Promise<void> } {
  let open: Group | undefined;

  const begin = async (): Promise<Group> => {
    const own = em.fork();
    await own.begin();
    let settle!: Group["settle"];
    const committed = new Promise<void>((resolve) => (settle = resolve));
    committed.catch(() => {});
    return { em: own, elapsed: stopwatch(), works: 0, hasSavepoint: false, committed, settle };
  };
  /** Undoes all of it. A connection that is gone has nothing to roll back. */
  const rollBack = async (group: Group): Promise<void> => {
    open = undefined;
    await group.em.rollback().catch(() => {});
  };
  const commit = async (): Promise<void> => {
    const group = open;
    if (group === undefined) return;
    const committing = group.em.commit().then(onCommitted);
    group.settle(committing);
    await committing.then(
      () => (open = undefined),
      () => rollBack(group),
    );
  };
  /** Undoes the works of others with the last one; they are run again. */
  const undoAll = async (group: Group, cause: unknown): Promise<void> => {
    await rollBack(group);
    group.settle(Promise.reject(new UndoneWithOthers("The transaction broke", { cause })));
  };
  /** Undoes the last work alone, or all where that can't be done: SQLite rolls everything back where the disk is full. */
  const undo = async (group: Group): Promise<void> => {
    if (group.works === 0) return rollBack(group);
    await engine.runTogether(group.em, ["rollback to work"]).catch((cause: unknown) => undoAll(group, cause));
  };

  return {
    commit,
    async run(instant, work) {
      const group = (open ??= await begin());
      const own = group.em.fork({ keepTransactionContext: true });
      try {
        await engine.runTogether(own, [...apart(group), engine.beginAt(instant, use)]);
      } catch (error) {
        // What there is of savepoints may be that of the work before.
        await undoAll(group, error);
        throw error;
      }
      group.hasSavepoint = group.works > 0;
      try {
        await work(own);
      } catch (error) {
        await undo(group);
        throw error;
      }
      group.works += 1;
      if (group.works >= mostWorks || group.elapsed() >= mostMilliseconds) await commit();
      // Not the promise itself, or the turn would wait for it.
      return [group.committed];
    },
  };
}
