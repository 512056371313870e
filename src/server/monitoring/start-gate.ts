import type { Timer } from "../../foundation/clock.js";
import { KnownError } from "../../foundation/errors.js";

/** Holds back what needs a started server. */
export type StartGate<Thing> = {
  /** Opens the gate. */
  readonly begin: (thing: Thing) => void;
  readonly now: () => Thing | undefined;
  /**
   * Waits until the gate is open.
   *
   * @throws KnownError `SERVICE_UNAVAILABLE` if that takes too long.
   */
  readonly wait: () => Promise<Thing>;
};

/** @param longest the time for which a caller waits, in milliseconds. */
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
          reject(
            new KnownError("SERVICE_UNAVAILABLE", "The server is starting; try again in a moment", {
              retryAfterSeconds: 1,
            }),
          );
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
