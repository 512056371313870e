import type { AnswerSize } from "../context.js";
import { KnownError } from "../errors.js";

/** An answer's size as its operation counts it, and as the response is held to it. All sizes are in bytes. */
export type MeasuredAnswer = AnswerSize & {
  /** The most that it can come to. */
  readonly atMost: () => number;
};

// What comes to this many times the limit at the most is not looked at more closely.
const farBeyond = 16;

/**
 * @param limit how large an answer may be.
 * @param take takes room for so many bytes among all answers under way, or throws.
 */
export function measureAnswer(limit: number, take: (bytes: number) => void = () => {}): MeasuredAnswer {
  let exact = 0;
  let atMost = 0;
  return {
    remaining: () => limit - exact,
    add(bytes) {
      if (exact + bytes > limit) throw tooLarge(limit);
      take(bytes);
      exact += bytes;
    },
    addAtMost(bytes) {
      atMost += bytes;
      if (atMost > limit * farBeyond) throw tooLarge(limit);
    },
    atMost: () => exact + atMost,
  };
}

export function tooLarge(limit: number): KnownError {
  return new KnownError("QUERY_TOO_COMPLEX", `The answer would have more than ${limit.toLocaleString("en")} bytes`);
}

/** Whether a value has more than `limit` bytes as JSON; found without making the JSON. */
export function isLongerThan(limit: number, value: unknown): boolean {
  let left = limit;
  const count = (part: unknown): boolean => {
    left -= 2;
    if (typeof part === "string") left -= jsonBytes(part, left);
    else if (Array.isArray(part)) return part.every(count);
    else if (typeof part === "object" && part !== null)
      return Object.entries(part).every(([key, inside]) => {
        left -= jsonBytes(key, left) + 4;
        return count(inside);
      });
    else left -= 24;
    return left >= 0;
  };
  return !count(value);
}

/** The bytes of a text as JSON, quotes apart; a text that is too long for `enough` need not be looked at. */
function jsonBytes(text: string, enough: number): number {
  return text.length > enough ? text.length : Buffer.byteLength(JSON.stringify(text)) - 2;
}
