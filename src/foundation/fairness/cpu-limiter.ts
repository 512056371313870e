import { inNextTurn, restTimer, systemStopwatch, type Stopwatch, type Timer } from "../clock.js";
import { ClientCounter } from "./client-counter.js";
import { fairLimiter, tooBusy, type Load, type Waiting } from "./fair-limiter.js";

/** Limits synchronous work, which nothing can interrupt, to a share of the processor's time. */
export type CpuLimiter = {
  /**
   * Runs work when its turn has come.
   *
   * @throws KnownError `SERVICE_UNAVAILABLE` if the queue is full; the signal's reason.
   */
  readonly run: <Result>(work: () => Result, waiting: Waiting) => Promise<Result>;
  /** Waits for a turn, which lasts until the returned function is called. Throws the same errors as `run`. */
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
  const inTurn = fairLimiter(1, { longestQueue });
  const entered = new ClientCounter();
  const restAfter = (milliseconds: number): Promise<void> =>
    new Promise((resolve) => {
      const restMilliseconds = Math.round(milliseconds * (1 / share - 1));
      if (restMilliseconds < 1) inNextTurn(resolve);
      else timer(restMilliseconds, resolve);
    });

  const enter = (waiting: Waiting): Promise<() => void> => {
    const { clientKey } = waiting;
    if (entered.of(clientKey) > longestQueueOfClient) return Promise.reject(tooBusy());
    entered.add(clientKey);
    return new Promise<() => void>((resolve, reject) => {
      inTurn(async () => {
        const elapsedMilliseconds = stopwatch();
        await new Promise<void>((leave) => resolve(leave));
        entered.remove(clientKey);
        await restAfter(elapsedMilliseconds());
      }, waiting).catch((error: unknown) => {
        entered.remove(clientKey);
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
    load: inTurn.load,
  };
}
