// For vitest's `setupFiles`, or at the top of a test: `import "postern/vitest"`.
import { expect } from "vitest";

import { matchers, type AnswerMatchers } from "./matchers.js";

declare module "vitest" {
  // oxlint-disable-next-line typescript/consistent-type-definitions, typescript/no-empty-object-type, typescript/no-explicit-any -- vitest's own
  interface Matchers<T = any> extends AnswerMatchers {}
}

expect.extend(matchers);
