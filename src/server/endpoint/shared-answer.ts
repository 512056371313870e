import type { Timer } from "../../foundation/clock.js";

/**
 * Does `work` once for all who ask while it is under way, and within so many milliseconds after its end: what anybody may
 * ask for costs no more, however many ask.
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
