// For jest's `setupFilesAfterEnv`, or at the top of a test: `import "postern/jest"`.
import { matchers, type AnswerMatchers } from "./matchers.js";

// The compiler adds to a module that something is taken from.
export type { Matchers } from "expect";

declare module "expect" {
  // oxlint-disable-next-line typescript/consistent-type-definitions, typescript/no-empty-object-type -- jest's own
  interface Matchers<R extends void | Promise<void>, T = unknown> extends AnswerMatchers<R> {}
}

// jest's, which is another for each test file.
const { expect } = globalThis as { expect?: { readonly extend: (all: typeof matchers) => void } };
if (expect === undefined)
  throw new Error(
    'There is no global "expect": without it, call expect.extend(matchers) with those of postern/testing',
  );
expect.extend(matchers);
