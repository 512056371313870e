import type { Clock, Timer } from "../../src/clock.js";

/** A clock that stands still until a test moves it. */
export type HandClock = Clock & {
  /** Moves it forward by milliseconds. */
  readonly advance: (milliseconds: number) => void;
  /** Puts it at an instant. */
  readonly set: (instant: Date) => void;
};

/** @param start an instant in the middle of a second by default, so that rounding to seconds shows. */
export function handClock(start = new Date("2026-11-22T09:00:00.417Z")): HandClock {
  let now = start.getTime();
  return Object.assign(() => new Date(now), {
    advance: (milliseconds: number) => void (now += milliseconds),
    set: (instant: Date) => void (now = instant.getTime()),
  });
}

/** A timer that nothing runs out on until a test says so. */
export type HandTimer = Timer & {
  /** Lets the time be up for whatever waits. */
  readonly ring: () => void;
  /** How many things wait. */
  readonly waiting: () => number;
};

export function handTimer(): HandTimer {
  const waiting = new Set<() => void>();
  const timer: Timer = (_milliseconds, run) => {
    waiting.add(run);
    return () => void waiting.delete(run);
  };
  return Object.assign(timer, {
    ring: () => {
      for (const run of waiting) run();
      waiting.clear();
    },
    waiting: () => waiting.size,
  });
}
