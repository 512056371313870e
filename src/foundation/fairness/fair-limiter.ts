import { KnownError } from "../errors.js";
import { raceSignal, type Signal } from "./deadline.js";
import { fairQueue } from "./fair-queue.js";

/** How a job waits in a queue. */
export type Waiting = {
  /** The queue is fair between client keys, however many jobs one of them has. */
  readonly clientKey: string;
  /** Whether the job goes before all jobs that aren't `first`. */
  readonly first?: boolean;
  /** Ends the wait; its reason is thrown. */
  readonly signal?: Signal | undefined;
};

/**
 * Runs a job when its turn has come.
 *
 * @throws KnownError `SERVICE_UNAVAILABLE` if the queue is full; the signal's reason.
 */
export type FairLimiter = (<Result>(job: () => Promise<Result>, waiting: Waiting) => Promise<Result>) & {
  readonly load: () => Load;
};

/** How many jobs wait and run, and how many can run at a time. */
export type Load = { readonly waiting: number; readonly busy: number; readonly places: number };

/** Makes the error for a full queue. */
export function tooBusy(): KnownError {
  return new KnownError("SERVICE_UNAVAILABLE", "The server is busy; try again in a moment", { retryAfterSeconds: 1 });
}

type FairLimiterOptions = {
  /** How many jobs may wait; another as many of those that go first. */
  readonly longestQueue?: number | undefined;
  /** Delays the error for a full queue. */
  readonly beforeRefusal?: () => Promise<void>;
  /** Runs before a place is free that no job waits for. */
  readonly beforeIdle?: (() => Promise<void>) | undefined;
};

/**
 * Limits how many jobs run at a time. The others wait in a queue that is fair between client keys.
 *
 * @param places how many jobs run at a time.
 */
export function fairLimiter(places: number, options: FairLimiterOptions = {}): FairLimiter {
  const { longestQueue = Infinity, beforeRefusal = async () => {}, beforeIdle } = options;
  let free = places;
  const queues = { first: fairQueue<() => void>(), others: fairQueue<() => void>() };
  const lengths = { first: 0, others: 0 };

  const waitForTurn = async ({ clientKey, first = false, signal }: Waiting): Promise<void> => {
    const lane = first ? "first" : "others";
    if (lengths[lane] >= longestQueue) {
      await raceSignal(beforeRefusal(), signal);
      throw tooBusy();
    }
    lengths[lane] += 1;
    let start!: () => void;
    const turn = new Promise<void>((resolve) => (start = resolve));
    queues[lane].add(clientKey, start);
    // A turn that was given has to be used: otherwise it would never be passed on.
    return raceSignal(turn, signal, () => queues[lane].remove(clientKey, start)).finally(() => (lengths[lane] -= 1));
  };

  const takeNext = () => queues.first.take() ?? queues.others.take();
  const endTurn = async (): Promise<void> => {
    let next = takeNext();
    if (next === undefined && beforeIdle !== undefined) {
      await beforeIdle();
      next = takeNext();
    }
    if (next === undefined) free += 1;
    else next();
  };

  const inTurn = async <Result>(job: () => Promise<Result>, waiting: Waiting): Promise<Result> => {
    waiting.signal?.throwIfAborted();
    if (free > 0) free -= 1;
    else await waitForTurn(waiting);
    try {
      return await job();
    } finally {
      void endTurn();
    }
  };
  const load = () => ({ waiting: lengths.first + lengths.others, busy: places - free, places });
  return Object.assign(inTurn, { load });
}
