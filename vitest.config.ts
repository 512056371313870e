import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    include: ["test/**/*.test.ts"],
    // Hashing and starting processes take what a busy machine takes; no test measures time.
    testTimeout: 60_000,
    hookTimeout: 60_000,
  },
  resolve: {
    // Otherwise tests load GraphQL as ES modules and its users as CommonJS: two copies that refuse each other's types.
    alias: [{ find: /^graphql$/, replacement: "graphql/index.js" }],
  },
});
