import { expectations, type Result } from "./assertions.js";

/** The matchers on `expect(answer)`. */
// oxlint-disable-next-line typescript/consistent-type-definitions -- test runners take an interface in
export interface AnswerMatchers<R = void> {
  /** Data, and no error. */
  toSucceed(): R;
  /** Errors with this `extensions.code` alone. */
  toFailWith(code: string): R;
  /** The error for a bad credential, with this `extensions.reason` if one is named, and nothing else. */
  toBeUnauthenticated(reason?: Parameters<(typeof expectations)["unauthenticated"]>[1]): R;
}

type Matched = { readonly pass: boolean; readonly message: () => string };

function matched({ pass, found }: { readonly pass: boolean; readonly found: string }, expected: string): Matched {
  return { pass, message: () => `Expected ${pass ? "anything but " : ""}${expected}, and got ${found}` };
}

/** The matchers for `expect.extend()` of vitest, jest and similar runners. */
export const matchers = {
  toSucceed: (result: Result) => matched(expectations.success(result), "success"),
  toFailWith: (result: Result, code: string) => matched(expectations.failure(result, code), code),
  toBeUnauthenticated: (result: Result, reason?: Parameters<(typeof expectations)["unauthenticated"]>[1]) =>
    matched(expectations.unauthenticated(result, reason), ["UNAUTHENTICATED", reason].filter(Boolean).join(" ")),
};
