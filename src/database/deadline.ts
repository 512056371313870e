import type { Timer } from "../clock.js";
import { KnownError } from "../errors.js";

/** How long an operation may take. Whatever waits listens to the signal, whose reason is the error to answer. */
export type Deadline = {
  readonly signal: AbortSignal;
  /** The operation has ended. */
  readonly lift: () => void;
  /** Ends it before its time. */
  readonly end: (reason: Error) => void;
};

export function startDeadline(timer: Timer, seconds: number): Deadline {
  const controller = new AbortController();
  const lift = timer(seconds * 1000, () =>
    controller.abort(new KnownError("TIMEOUT", "The operation took too long; it may be worth another try")),
  );
  return { signal: controller.signal, lift, end: (reason) => controller.abort(reason) };
}

/**
 * What a promise comes to, unless the signal comes first: then its reason is thrown, and nobody waits for the rest.
 *
 * @param giveUp called when the signal comes; false where it is too late for that, and the outcome will be told.
 */
export function beforeSignal<Result>(
  promise: Promise<Result>,
  signal: AbortSignal | undefined,
  giveUp: () => boolean = () => true,
): Promise<Result> {
  if (signal === undefined) return promise;
  return new Promise((resolve, reject) => {
    const give = () => {
      if (giveUp()) reject(signal.reason as Error);
    };
    if (signal.aborted) give();
    signal.addEventListener("abort", give, { once: true });
    promise.then(resolve, reject).finally(() => signal.removeEventListener("abort", give));
  });
}
