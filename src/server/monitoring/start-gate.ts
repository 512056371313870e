import type { Timer } from "../../foundation/clock.js";
import { KnownError } from "../../foundation/errors.js";

/** What there is only once the server has started. */
export type StartGate<Thing> = {
  /** It is there. */
  readonly begin: (thing: Thing) => void;
  readonly now: () => Thing | undefined;
  /**
   * Waits for it.
   *
   * @throws KnownError `SERVICE_UNAVAILABLE` where that takes too long.
   */
  readonly wait: () => Promise<Thing>;
};

/** @param longest how many milliseconds anybody waits. */
export function startGate<Thing>(timer: Timer, longest: number): StartGate<Thing> {
  let there: Thing | undefined;
  const waiting = new Set<(thing: Thing) => void>();
  return {
    begin(thing) {
      there = thing;
      for (const take of waiting) take(thing);
      waiting.clear();
    },
    now: () => there,
    wait: () => {
      if (there !== undefined) return Promise.resolve(there);
      return new Promise((resolve, reject) => {
        const cancel = timer(longest, () => {
          waiting.delete(take);
          reject(new KnownError("SERVICE_UNAVAILABLE", "The server is starting", { retryAfterSeconds: 1 }));
        });
        const take = (thing: Thing) => {
          cancel();
          resolve(thing);
        };
        waiting.add(take);
      });
    },
  };
}
