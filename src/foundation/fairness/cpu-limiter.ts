import { inNextTurn, restTimer, systemStopwatch, type Stopwatch, type Timer } from "../clock.js";
import { countsByClient } from "./client-counter.js";
import { fairLimiter, tooBusy, type Load, type Waiting } from "./fair-limiter.js";

/** Turns at the processor, for synchronous work that nothing can interrupt. */
export type CpuLimiter = {
  /**
   * Runs work when its turn comes.
   *
   * @throws KnownError `SERVICE_UNAVAILABLE` if too many wait already; the signal's reason.
   */
  readonly run: <Result>(work: () => Result, waiting: Waiting) => Promise<Result>;
  /** Waits for a turn that lasts until the returned function is called. It throws what `run` throws. */
  readonly enter: (waiting: Waiting) => Promise<() => void>;
  readonly load: () => Load;
};

const longestQueue = 2000;
const longestQueueOfClient = 100;

/**
 * Gives one turn at a time, fairly between client keys. After each turn it rests, so that all turns together take at
 * most a share of the processor and other work runs in between.
 *
 * @param share the largest share of the processor's time, between 0 and 1.
 */
export function cpuLimiter(
  share: number,
  { stopwatch, timer }: { readonly stopwatch: Stopwatch; readonly timer: Timer } = {
    stopwatch: systemStopwatch,
    timer: restTimer,
  },
): CpuLimiter {
  const turns = fairLimiter(1, { longestQueue });
  const asking = countsByClient();
  const restAfter = (milliseconds: number): Promise<void> =>
    new Promise((resolve) => {
      const rest = Math.round(milliseconds * (1 / share - 1));
      if (rest < 1) inNextTurn(resolve);
      else timer(rest, resolve);
    });

  const enter = (waiting: Waiting): Promise<() => void> => {
    if (asking.of(waiting.clientKey) > longestQueueOfClient) return Promise.reject(tooBusy());
    asking.add(waiting.clientKey, 1);
    return new Promise<() => void>((resolve, reject) => {
      turns(async () => {
        const elapsed = stopwatch();
        await new Promise<void>((leave) => resolve(leave));
        asking.add(waiting.clientKey, -1);
        await restAfter(elapsed());
      }, waiting).catch((error: unknown) => {
        asking.add(waiting.clientKey, -1);
        reject(error);
      });
    });
  };
  return {
    enter,
    async run(work, waiting) {
      const leave = await enter(waiting);
      try {
        return work();
      } finally {
        leave();
      }
    },
    load: turns.load,
  };
}
