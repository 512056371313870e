import type { Timer } from "../clock.js";
import { KnownError } from "../errors.js";

/** What tells that an operation has to end: an AbortSignal, or what does as much of it for less time and memory. */
export type Signal = {
  readonly aborted: boolean;
  readonly reason: unknown;
  readonly throwIfAborted: () => void;
  readonly addEventListener: (type: "abort", listener: () => void, options: { readonly once: true }) => void;
  readonly removeEventListener: (type: "abort", listener: () => void) => void;
};

class EndSignal implements Signal {
  aborted = false;
  reason: unknown;
  private readonly listeners = new Set<() => void>();

  throwIfAborted(): void {
    if (this.aborted) throw this.reason;
  }

  addEventListener(_type: "abort", listener: () => void): void {
    this.listeners.add(listener);
  }

  removeEventListener(_type: "abort", listener: () => void): void {
    this.listeners.delete(listener);
  }

  end(reason: Error): void {
    if (this.aborted) return;
    this.aborted = true;
    this.reason = reason;
    for (const listener of this.listeners) listener();
    this.listeners.clear();
  }
}

/** How long an operation may take. Whatever waits listens to the signal, whose reason is the error to answer. */
export type Deadline = {
  readonly signal: Signal;
  /** The operation has ended. */
  readonly cancel: () => void;
  /** Ends it before its time. */
  readonly end: (reason: Error) => void;
};

/** The answer to an operation that has reached its limit of time. */
export const timeoutError = (): KnownError =>
  new KnownError("TIMEOUT", "The operation took too long; it may be worth another try");

export function startDeadline(timer: Timer, seconds: number): Deadline {
  const signal = new EndSignal();
  const cancel = timer(seconds * 1000, () => signal.end(timeoutError()));
  return { signal, cancel, end: (reason) => signal.end(reason) };
}

/**
 * What a promise comes to, unless the signal comes first: then its reason is thrown, and nobody waits for the rest.
 *
 * @param giveUp called when the signal comes; false where it is too late for that, and the outcome will be told.
 */
export function raceSignal<Result>(
  promise: Promise<Result>,
  signal: Signal | undefined,
  giveUp: () => boolean = () => true,
): Promise<Result> {
  if (signal === undefined) return promise;
  return new Promise((resolve, reject) => {
    const give = () => {
      if (giveUp()) reject(signal.reason);
    };
    if (signal.aborted) give();
    signal.addEventListener("abort", give, { once: true });
    promise.then(resolve, reject);
    const leave = () => signal.removeEventListener("abort", give);
    promise.then(leave, leave);
  });
}
