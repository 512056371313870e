import type { Worker } from "node:cluster";

import type { Timer } from "../../foundation/clock.js";
import { sharedAnswer } from "../endpoint/shared-answer.js";
import type { MetricsSnapshot } from "../../foundation/metrics/aggregate.js";

// The last figures of a worker that is busy for longer count.
const longestMilliseconds = 1000;
const keptMilliseconds = 1000;

/** The metrics of all workers of a parent, including those that have ended. */
export type WorkerMetrics = {
  /** Asks all workers, and returns the sums as a text for Prometheus. */
  readonly text: () => Promise<string>;
  /** Takes a worker's answer. */
  readonly take: (worker: Worker, measured: MetricsSnapshot) => void;
  /** Keeps the counters of a worker that has ended. */
  readonly forget: (worker: Worker) => void;
};

/** @param ask asks every worker that is ready, and returns these. */
export function gatherMetrics(timer: Timer, ask: () => readonly Worker[]): WorkerMetrics {
  const latest = new Map<Worker, MetricsSnapshot>();
  const waiting = new Map<Worker, () => void>();
  let departed: Promise<readonly MetricsSnapshot[]> = Promise.resolve([]);

  const answered = (worker: Worker) =>
    new Promise<void>((resolve) => {
      const cancel = timer(longestMilliseconds, resolve);
      waiting.set(worker, () => {
        cancel();
        resolve();
      });
    });
  return {
    text: sharedAnswer(timer, keptMilliseconds, async () => {
      await Promise.all(ask().map(answered));
      const { prometheusText } = await import("../../foundation/metrics/aggregate.js");
      return prometheusText([...(await departed), ...latest.values()]);
    }),
    take(worker, measured) {
      latest.set(worker, measured);
      waiting.get(worker)?.();
      waiting.delete(worker);
    },
    forget(worker) {
      waiting.get(worker)?.();
      waiting.delete(worker);
      const last = latest.get(worker);
      latest.delete(worker);
      if (last === undefined) return;
      departed = departed.then(async (before) => {
        const { aggregateSnapshots, countersOf } = await import("../../foundation/metrics/aggregate.js");
        return [await aggregateSnapshots([...before, countersOf(last)])];
      });
    },
  };
}
