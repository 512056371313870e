import type { Clock, Timer } from "../foundation/clock.js";
import { parseDurationSeconds } from "../foundation/config/duration.js";

/** A clock that stands still until a test moves it. */
export type HandClock = Clock & {
  /** Moves it forward by milliseconds, or by a duration such as `30m`. */
  readonly advance: (duration: number | string) => void;
  /** Sets it to an instant. */
  readonly set: (instant: Date) => void;
};

/** @param start an instant in the middle of a second by default, so that rounding to seconds shows. */
export function handClock(start = new Date("2026-11-22T09:00:00.417Z")): HandClock {
  let now = start.getTime();
  return Object.assign(() => new Date(now), {
    advance: (duration: number | string) => void (now += millisecondsOf(duration)),
    set: (instant: Date) => void (now = instant.getTime()),
  });
}

/** Returns a duration in milliseconds. It may be a text with a unit. */
export function millisecondsOf(duration: number | string): number {
  if (typeof duration === "number") return duration;
  const seconds = parseDurationSeconds(duration);
  if (seconds === undefined) throw new Error(`"${duration}" is no duration: 90s, 30m, 12h and 90d are`);
  return seconds * 1000;
}

/** A timer that a test moves by hand. */
export type HandTimer = Timer & {
  /** Runs everything that waits. */
  readonly ring: () => void;
  /** Lets milliseconds pass. Functions that wait for at most that long are run; those that they start are not. */
  readonly elapse: (milliseconds: number) => void;
  /** Returns the number of functions that wait. */
  readonly waiting: () => number;
};

export function handTimer(): HandTimer {
  const waiting = new Set<{ left: number; readonly run: () => void }>();
  const timer: Timer = (milliseconds, run) => {
    const one = { left: milliseconds, run };
    waiting.add(one);
    return () => void waiting.delete(one);
  };
  const elapse = (milliseconds: number) => {
    for (const one of Array.from(waiting)) {
      one.left -= milliseconds;
      if (one.left <= 0 && waiting.delete(one)) one.run();
    }
  };
  return Object.assign(timer, { ring: () => elapse(Infinity), elapse, waiting: () => waiting.size });
}
