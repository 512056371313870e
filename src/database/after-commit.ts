import type { SqlEntityManager } from "@mikro-orm/knex";

import type { Timer } from "../foundation/clock.js";
import { raceSignal, timeoutError } from "../foundation/fairness/deadline.js";
import { fairLimiter } from "../foundation/fairness/fair-limiter.js";
import { effectsOf, type AfterCommit, type Services } from "./transaction-effects.js";

const maxWork = 100;
const maxMilliseconds = 10_000;
const placesAtOnce = 4;
const longestQueue = 1000;

/**
 * Runs `run` once after the transaction of `em` has committed. Its signal aborts after 10 s, and an error is logged. It is
 * lost if the process ends before.
 *
 * @throws Error if `em` is not that of `transaction(…)` in a server, or if 100 others are to follow the same commit.
 */
export function afterCommit(em: SqlEntityManager, run: AfterCommit): void {
  const { afterCommit: work, runsAfterCommit } = effectsOf(em, "afterCommit");
  if (!runsAfterCommit) throw new Error("afterCommit: only a server runs work after a commit");
  if (work.length === maxWork) throw new Error(`afterCommit: a commit may be followed by ${maxWork} runs at most`);
  work.push(run);
}

/** Runs the work that follows commits, some at a time, in turns between the clients whose commits they follow. */
export class AfterCommits {
  private readonly inTurn = fairLimiter(placesAtOnce, { longestQueue });
  private readonly unfinished = new Set<Promise<void>>();

  constructor(
    private readonly deps: {
      readonly services: (signal: AbortSignal) => Services;
      readonly timer: Timer;
      readonly onError: (error: unknown) => void;
    },
  ) {}

  run(work: readonly AfterCommit[], clientKey: string): void {
    for (const each of work) {
      const done = this.inTurn(() => this.runInTime(each), { clientKey })
        .catch(this.deps.onError)
        .finally(() => this.unfinished.delete(done));
      this.unfinished.add(done);
    }
  }

  /** Resolves when nothing runs or waits any longer. */
  async idle(): Promise<void> {
    while (this.unfinished.size > 0) await Promise.all(this.unfinished);
  }

  /** Gives up work that ignores its signal, so that it holds up neither others nor the end of the server. */
  private async runInTime(work: AfterCommit): Promise<void> {
    const controller = new AbortController();
    const { signal } = controller;
    const cancel = this.deps.timer(maxMilliseconds, () => controller.abort(timeoutError()));
    try {
      await raceSignal(work({ ...this.deps.services(signal), signal }), signal);
    } finally {
      cancel();
    }
  }
}
