import { availableParallelism } from "node:os";
import { resolve } from "node:path";

import { defineConfig } from "vitest/config";
import { BaseSequencer, type TestSpecification } from "vitest/node";

const isLongest = ({ moduleId }: TestSpecification) => /\/(crash|process)\.test\.ts$/.test(moduleId);

/** Starts with the files that take longest, or the other workers would wait for them in the end. */
class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    // oxlint-disable-next-line unicorn/no-array-sort -- vitest's method of that name
    const sorted = await super.sort(files);
    return [...sorted.filter(isLongest), ...sorted.filter((file) => !isLongest(file))];
  }
}

const project = (name: string, database: "sqlite" | "postgresql", ...folders: string[]) => ({
  extends: true as const,
  test: { name, include: folders.map((folder) => `${folder}/**/*.test.ts`), provide: { database } },
});

export default defineConfig({
  test: {
    // A folder for each thing that tests need. Proofs take longer, and have a command of their own.
    projects: [
      project("pure", "sqlite", "test/pure"),
      project("sqlite", "sqlite", "test/both", "test/sqlite", "examples"),
      project("postgresql", "postgresql", "test/both", "test/postgresql"),
      project("project", "sqlite", "test/project"),
      project("proof", "sqlite", "test/proof/both", "test/proof/pure", "test/proof/sqlite", "test/proof/project"),
      project("proof-postgresql", "postgresql", "test/proof/both", "test/proof/postgresql"),
    ],
    globalSetup: "test/support/postgres-server.ts",
    // The schema's module begins with it, but a test of one part may come first in its worker.
    setupFiles: "reflect-metadata",
    // One copy of the modules for each worker: loading them takes longer than most files.
    isolate: false,
    // All cores but one, as vitest has it, but two on machines of two.
    maxWorkers: Math.max(2, availableParallelism() - 1),
    sequence: { sequencer: LongestFirst },
    // Hashing and starting processes take their time on a busy machine. No test measures time.
    testTimeout: 60_000,
    hookTimeout: 60_000,
    // A poll ends as soon as it holds. vitest's own limit of a second is too short on a busy machine.
    expect: { poll: { timeout: 30_000 } },
  },
  resolve: {
    // Otherwise tests load GraphQL as ES modules and its users as CommonJS: two copies that reject each other's types.
    alias: [
      { find: /^graphql$/, replacement: "graphql/index.js" },
      // The examples name the package, like a copy of them.
      { find: /^postern$/, replacement: resolve("src/index.ts") },
      { find: /^postern\/testing$/, replacement: resolve("src/testing/index.ts") },
      { find: /^postern\/vitest$/, replacement: resolve("src/testing/vitest.ts") },
      { find: /^postern\/client$/, replacement: resolve("src/client/index.ts") },
      { find: /^postern\/client\/(\w+)$/, replacement: resolve("src/client/$1.ts") },
    ],
  },
});
