import { availableParallelism } from "node:os";
import { resolve } from "node:path";

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

// Every file that asks for the one database or the other, and is about neither.
const onBoth = ["test/*.test.ts", "test/clients/**", "test/post/**/*.test.ts"];
// About files, about how SQLite plans or locks, or about processes whose database is a file. Or about what no database
// has a part in: HTTP, the documentation, words.
const onSqlite = [
  "test/adding-a-feature.test.ts",
  "test/alerts.test.ts",
  "test/architecture.test.ts",
  "test/backup.test.ts",
  "test/config.test.ts",
  "test/container.test.ts",
  "test/crash.test.ts",
  "test/dashboard.test.ts",
  "test/cross-origin.test.ts",
  "test/database.test.ts",
  "test/dependencies.test.ts",
  "test/deploy.test.ts",
  "test/example-web.test.ts",
  "test/explorer-page.test.ts",
  "test/fairness.test.ts",
  "test/guide.test.ts",
  "test/headers.test.ts",
  "test/http-audits.test.ts",
  "test/id.test.ts",
  "test/keys.test.ts",
  "test/prepare.test.ts",
  "test/request-head.test.ts",
  "test/process.test.ts",
  "test/schema.test.ts",
  "test/seed.test.ts",
  "test/slow-sender.test.ts",
  "test/trusted-documents.test.ts",
  "test/unbounded-work.test.ts",
  "test/unix-socket.test.ts",
  "test/clients/browser.test.ts",
  "test/clients/docs.test.ts",
  "test/clients/session.test.ts",
  "test/clients/types.test.ts",
  "test/post/plans.test.ts",
  "test/post/publication.test.ts",
  "test/post/search-vector.test.ts",
  "test/post/words.test.ts",
];
const onPostgresql = [
  "test/connections.test.ts",
  "test/locks.test.ts",
  "test/pgbouncer.test.ts",
  "test/database/postgresql.test.ts",
  "test/post/plans-postgresql.test.ts",
];

// What no version of Node can change: other people's clients, a page in a browser, documentation, lint rules, the
// lockfile, and the walk along every way of the schema to a post, which is our own code on a database in a process.
const sameOnEveryNode = [
  "test/clients/**",
  "test/lint/**",
  "test/adding-a-feature.test.ts",
  "test/alerts.test.ts",
  "test/architecture.test.ts",
  "test/dependencies.test.ts",
  "test/deploy.test.ts",
  "test/example-web.test.ts",
  "test/explorer-page.test.ts",
  "test/guide.test.ts",
  "test/invisible.test.ts",
];
// vitest's own --exclude does nothing where there are projects.
const leftOut = process.env["TEST_WHAT_NODE_CAN_CHANGE"] === undefined ? [] : sameOnEveryNode;

export default defineConfig({
  test: {
    projects: [
      {
        extends: true,
        test: {
          name: "sqlite",
          include: ["test/**/*.test.ts", "examples/**/*.test.ts"],
          exclude: [...onPostgresql, ...leftOut],
          provide: { database: "sqlite" },
        },
      },
      {
        extends: true,
        test: {
          name: "postgresql",
          include: [...onBoth, ...onPostgresql],
          exclude: [...onSqlite, ...leftOut],
          provide: { database: "postgresql" },
        },
      },
    ],
    globalSetup: "test/support/postgres-server.ts",
    // The schema's module begins with it, but a test of one part may come first in its worker.
    setupFiles: "reflect-metadata",
    // One copy of the modules a worker: loading them takes longer than most files.
    isolate: false,
    // All cores but one, as vitest has it, but for machines of two.
    maxWorkers: Math.max(2, availableParallelism() - 1),
    sequence: { sequencer: LongestFirst },
    // Hashing and starting processes take what a busy machine takes; no test measures time.
    testTimeout: 60_000,
    hookTimeout: 60_000,
    // A poll ends as soon as it holds. The second that vitest waits by itself is too short on a busy machine.
    expect: { poll: { timeout: 30_000 } },
  },
  resolve: {
    // Otherwise tests load GraphQL as ES modules and its users as CommonJS: two copies that refuse each other's types.
    alias: [
      { find: /^graphql$/, replacement: "graphql/index.js" },
      // The examples name the package, as whoever copies them does.
      { find: /^postern$/, replacement: resolve("src/index.ts") },
      { find: /^postern\/testing$/, replacement: resolve("src/testing/index.ts") },
      { find: /^postern\/vitest$/, replacement: resolve("src/testing/vitest.ts") },
      { find: /^postern\/client$/, replacement: resolve("src/client/index.ts") },
      { find: /^postern\/client\/(\w+)$/, replacement: resolve("src/client/$1.ts") },
    ],
  },
});
