import { availableParallelism } from "node:os";

import { defineConfig } from "vitest/config";
import { BaseSequencer, type TestSpecification } from "vitest/node";

const isLongest = ({ moduleId }: TestSpecification) => moduleId.endsWith("/test/crash.test.ts");

/** Begins with the file that takes longest, or the other workers would wait for it in the end. */
class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    // oxlint-disable-next-line unicorn/no-array-sort -- vitest's method of that name
    const sorted = await super.sort(files);
    return [...sorted.filter(isLongest), ...sorted.filter((file) => !isLongest(file))];
  }
}

export default defineConfig({
  test: {
    include: ["test/**/*.test.ts"],
    globalSetup: "test/support/postgres-server.ts",
    // One copy of the modules a worker: loading them takes longer than most files.
    isolate: false,
    // All cores but one, as vitest has it, but for machines of two.
    maxWorkers: Math.max(2, availableParallelism() - 1),
    sequence: { sequencer: LongestFirst },
    // Hashing and starting processes take what a busy machine takes; no test measures time.
    testTimeout: 60_000,
    hookTimeout: 60_000,
  },
  resolve: {
    // Otherwise tests load GraphQL as ES modules and its users as CommonJS: two copies that refuse each other's types.
    alias: [{ find: /^graphql$/, replacement: "graphql/index.js" }],
  },
});
