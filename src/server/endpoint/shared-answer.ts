import type { Timer } from "../../foundation/clock.js";

/**
 * Runs `work` once for all callers that ask while it is running or within `keptMilliseconds` after its end. Requests that
 * anybody may send then cost no more, however many there are.
 */
export function sharedAnswer<Answer>(
  timer: Timer,
  keptMilliseconds: number,
  work: () => Promise<Answer>,
): () => Promise<Answer> {
  let current: Promise<Answer> | undefined;
  const forget = () => void timer(keptMilliseconds, () => (current = undefined));
  return () => {
    if (current === undefined) {
      current = work();
      current.then(forget, forget);
    }
    return current;
  };
}
