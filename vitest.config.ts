import { availableParallelism } from "node:os";

import { defineConfig } from "vitest/config";

// These have modules of their own: Apollo Client 3 stands where the other files find 4.
const apart = ["test/clients/apollo-client-3.test.ts"];

export default defineConfig({
  test: {
    projects: [
      { extends: true, test: { name: "apart", include: apart } },
      // One copy of the modules a worker: loading them takes longer than most files.
      { extends: true, test: { name: "main", include: ["test/**/*.test.ts"], exclude: apart, isolate: false } },
    ],
    // All but one, as vitest has it, but for machines of two.
    maxWorkers: Math.max(2, availableParallelism() - 1),
    // Hashing and starting processes take what a busy machine takes; no test measures time.
    testTimeout: 60_000,
    hookTimeout: 60_000,
  },
  resolve: {
    // Otherwise tests load GraphQL as ES modules and its users as CommonJS: two copies that refuse each other's types.
    alias: [{ find: /^graphql$/, replacement: "graphql/index.js" }],
  },
});
