import type { Timer } from "../clock.js";
import { KnownError } from "../errors.js";

/** Cancels an operation: an AbortSignal, or an EndSignal, which is cheaper. */
export type Signal = {
  readonly aborted: boolean;
  readonly reason: unknown;
  readonly throwIfAborted: () => void;
  readonly addEventListener: (type: "abort", listener: () => void, options: { readonly once: true }) => void;
  readonly removeEventListener: (type: "abort", listener: () => void) => void;
};

/**
 * The part of an AbortSignal that an operation needs. Node 20 takes 10 µs of processor time for an AbortController
 * whose signal gets and loses four listeners, as in an operation with two reads; an EndSignal takes 0.7 µs.
 */
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

/** The time limit of an operation. */
export type Deadline = {
  /** Aborts when the time is over. Its reason is the error to answer. */
  readonly signal: Signal;
  /** Stops the timer, because the operation has ended. */
  readonly cancel: () => void;
  /** Aborts the signal before the time is over. */
  readonly end: (reason: Error) => void;
};

/** Makes the error for an operation that has reached its time limit. */
export const timeoutError = (): KnownError =>
  new KnownError("TIMEOUT", "The operation took too long; it may be worth another try");

export function startDeadline(timer: Timer, seconds: number): Deadline {
  const signal = new EndSignal();
  const cancel = timer(seconds * 1000, () => signal.end(timeoutError()));
  return { signal, cancel, end: (reason) => signal.end(reason) };
}

/**
 * Settles like the promise, or throws the signal's reason if that comes first.
 *
 * @param giveUp called when the signal aborts. If it returns false it is too late to give up, and the promise decides.
 */
export function raceSignal<Result>(
  promise: Promise<Result>,
  signal: Signal | undefined,
  giveUp: () => boolean = () => true,
): Promise<Result> {
  if (signal === undefined) return promise;
  return new Promise((resolve, reject) => {
    const onAbort = () => {
      if (giveUp()) reject(signal.reason);
    };
    if (signal.aborted) onAbort();
    signal.addEventListener("abort", onAbort, { once: true });
    promise.then(resolve, reject);
    const stopListening = () => signal.removeEventListener("abort", onAbort);
    promise.then(stopListening, stopListening);
  });
}
