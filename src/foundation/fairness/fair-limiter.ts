import { KnownError } from "../errors.js";
import { raceSignal, type Signal } from "./deadline.js";
import { fairQueue } from "./fair-queue.js";

/** Who waits for a turn, and for how long. */
export type Waiting = {
  /** Parties have turns one after the other, however much one of them asks for. */
  readonly clientKey: string;
  /** Whether it goes before all that isn't first. */
  readonly first?: boolean;
  /** Ends the wait; its reason is thrown. */
  readonly signal?: Signal | undefined;
};

/**
 * Runs work when it is its turn.
 *
 * @throws KnownError `SERVICE_UNAVAILABLE` where too many wait already; the signal's reason.
 */
export type FairLimiter = (<Result>(work: () => Promise<Result>, waiting: Waiting) => Promise<Result>) & {
  readonly load: () => Load;
};

/** How many wait for a turn, how many have one, and how many can at a time. */
export type Load = { readonly waiting: number; readonly busy: number; readonly places: number };

/** The answer to one too many: worth another try in a second. */
export function tooBusy(): KnownError {
  return new KnownError("SERVICE_UNAVAILABLE", "Too much is under way; try again in a moment", {
    retryAfterSeconds: 1,
  });
}

/**
 * @param places how many run at a time.
 * @param options.longestQueue how many may wait; as many again of those that go first.
 * @param options.beforeRefusal what one too many waits for before it is refused.
 * @param options.beforeIdle what is done before a place is free that nobody waits for.
 */
export function fairLimiter(
  places: number,
  options: {
    readonly longestQueue?: number | undefined;
    readonly beforeRefusal?: () => Promise<void>;
    readonly beforeIdle?: (() => Promise<void>) | undefined;
  } = {},
): FairLimiter {
  const { longestQueue = Infinity, beforeRefusal = async () => {}, beforeIdle } = options;
  let free = places;
  const queues = { first: fairQueue<() => void>(), others: fairQueue<() => void>() };
  const lengths = { first: 0, others: 0 };

  const nextTurn = async ({ clientKey, first = false, signal }: Waiting): Promise<void> => {
    const lane = first ? "first" : "others";
    if (lengths[lane] >= longestQueue) {
      await raceSignal(beforeRefusal(), signal);
      throw tooBusy();
    }
    lengths[lane] += 1;
    let take!: () => void;
    const turn = new Promise<void>((resolve) => (take = resolve));
    queues[lane].add(clientKey, take);
    // A turn that was given has to be taken, or nobody would pass it on.
    return raceSignal(turn, signal, () => queues[lane].remove(clientKey, take)).finally(() => (lengths[lane] -= 1));
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

  const inTurn = async <Result>(work: () => Promise<Result>, waiting: Waiting): Promise<Result> => {
    waiting.signal?.throwIfAborted();
    if (free > 0) free -= 1;
    else await nextTurn(waiting);
    try {
      return await work();
    } finally {
      void endTurn();
    }
  };
  const load = () => ({ waiting: lengths.first + lengths.others, busy: places - free, places });
  return Object.assign(inTurn, { load });
}
