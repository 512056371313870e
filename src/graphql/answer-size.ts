import type { AnswerSize } from "../kit/context.js";
import { KnownError } from "../foundation/errors.js";

/** A response's size in bytes as its operation counts it. */
export type MeasuredAnswer = AnswerSize & {
  /** Returns the largest size that the response can have by what was counted. */
  readonly atMost: () => number;
};

// A response that can be this many times as large as the limit is rejected without a closer look.
const farBeyond = 16;

/**
 * @param limit the largest size of a response, in bytes.
 * @param options `takeRoom` reserves bytes among all responses in progress, or throws.
 */
export function measureAnswer(
  limit: number,
  { takesJson = false, takeRoom }: { readonly takesJson?: boolean; readonly takeRoom?: (bytes: number) => void } = {},
): MeasuredAnswer {
  let exact = 0;
  let atMost = 0;
  return {
    takesJson,
    remaining: () => limit - exact,
    add(bytes) {
      if (exact + bytes > limit) throw tooLarge(limit);
      takeRoom?.(bytes);
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
  return new KnownError("QUERY_TOO_COMPLEX", `The response would have more than ${limit.toLocaleString("en")} bytes`);
}

/** Reports whether a value has more than `limit` bytes as JSON, without making all of the JSON. */
export function isLongerThan(limit: number, value: unknown): boolean {
  let left = limit;
  const fits = (part: unknown): boolean => {
    const isPlain = typeof part !== "object" || part === null || part instanceof Date;
    // A bracket at each end, and a comma after every value.
    left -= isPlain ? bytesOf(part) + 1 : 3;
    if (isPlain || left < 0) return left >= 0;
    if (Array.isArray(part)) return part.every(fits);
    return Object.entries(part).every(([key, inside]) => {
      left -= bytesOf(key) + 1;
      return fits(inside);
    });
  };
  return !fits(value);
}

/** Returns the bytes of a plain value as JSON: 0 for a value that JSON leaves out. */
function bytesOf(value: unknown): number {
  return Buffer.byteLength(JSON.stringify(value) ?? "");
}
