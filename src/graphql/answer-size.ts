import type { AnswerSize, Context } from "../kit/context.js";
import { KnownError } from "../foundation/errors.js";
import type { OperationSpan } from "../foundation/tracing/span.js";

/** An answer's size as its operation counts it, and as the response is held to it. All sizes are in bytes. */
export type MeasuredAnswer = AnswerSize & {
  /** The most that it can come to. */
  readonly atMost: () => number;
};

/** A context whose answer's size is known to who carries the operation. */
export type MeasuredContext = Context & {
  readonly answer: MeasuredAnswer;
  /** The operation's, where it is traced. */
  readonly span?: OperationSpan | undefined;
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

/** Whether a result has more than `limit` bytes as JSON; found without making all of the JSON. */
export function isLongerThan(limit: number, result: unknown): boolean {
  let left = limit;
  const fits = (value: unknown): boolean => {
    const isPlain = typeof value !== "object" || value === null || value instanceof Date;
    // A bracket at each end, and a comma after every value.
    left -= isPlain ? bytesOf(value) + 1 : 3;
    if (isPlain || left < 0) return left >= 0;
    if (Array.isArray(value)) return value.every(fits);
    return Object.entries(value).every(([key, inside]) => {
      left -= bytesOf(key) + 1;
      return fits(inside);
    });
  };
  return !fits(result);
}

/** The bytes of a plain value as JSON; of one that JSON leaves out, none. */
function bytesOf(value: unknown): number {
  return Buffer.byteLength(JSON.stringify(value) ?? "");
}
