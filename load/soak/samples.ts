import type { Processes } from "./processes.js";
import type { Traffic } from "./traffic.js";

/** The state of a run at one instant. */
export type Sample = {
  /** By `performance.now()`. */
  readonly at: number;
  /** Answers a second since the previous sample: `ok`, and all others. */
  readonly ok: number;
  readonly others: number;
  /** The memory of each process in megabytes; 0 while it doesn't run. */
  readonly memory: readonly number[];
};

const everyMilliseconds = 1000;

/** Samples a run each second until it is stopped. */
export function takeSamples({ codes }: Traffic, processes: Processes): { readonly stop: () => readonly Sample[] } {
  const samples: Sample[] = [];
  const total = () => {
    let [ok, others] = [0, 0];
    for (const [code, count] of codes)
      if (code.endsWith(" ok")) ok += count;
      else others += count;
    return { at: performance.now(), ok, others };
  };
  let before = total();
  const take = () => {
    const now = total();
    const seconds = (now.at - before.at) / 1000;
    samples.push({
      at: now.at,
      ok: (now.ok - before.ok) / seconds,
      others: (now.others - before.others) / seconds,
      memory: processes.memory().map(({ last }) => last),
    });
    before = now;
  };
  const interval = setInterval(take, everyMilliseconds);
  return {
    stop() {
      clearInterval(interval);
      return samples;
    },
  };
}
