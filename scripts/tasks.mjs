/** The tests that run before every change. Proofs take longer. */
const testProjects = "--project pure --project sqlite --project postgresql --project project";

/**
 * Every task: what it needs, and the command lines that it runs. Arguments of the task go to the last one. It may need
 *   "tests"     the packages of test/package.json, beside those of the server
 *   "build"     the server and the explorer in dist
 *   "explorer"  the explorer in dist
 */
export const tasks = {
  start: { needs: ["build"], runs: ["node dist/main.js"] },
  dev: { needs: ["explorer"], runs: ["tsx watch src/main.ts"] },
  demo: { needs: [], runs: ["tsx demo/expiry.ts"] },
  example: { needs: ["tests"], runs: ["vite examples/web"] },
  seed: { needs: [], runs: ["tsx src/main.ts seed"] },
  secret: { needs: [], runs: ["tsx src/main.ts secret"] },
  "db:backup": { needs: [], runs: ["tsx src/main.ts backup"] },
  "db:copy": { needs: [], runs: ["tsx src/main.ts copy"] },
  "search:rebuild": { needs: [], runs: ["tsx scripts/rebuild-search.ts"] },
  test: { needs: ["tests", "build"], runs: [`vitest run ${testProjects}`] },
  proof: { needs: ["tests", "build"], runs: ["vitest run --project proof --project proof-postgresql"] },
  check: {
    needs: ["tests", "build"],
    runs: [
      "npm run check:types",
      "npm run check:lint",
      "npm run check:format",
      "npm run check:unused",
      "npm run check:words",
      `vitest run ${testProjects}`,
    ],
  },
  "check:types": { needs: ["tests"], runs: ["tsc --noEmit", "tsc -p explorer", "tsc -p examples/web"] },
  "check:lint": { needs: ["tests"], runs: ["oxlint --type-aware --deny-warnings"] },
  "check:format": { needs: ["tests"], runs: ["oxfmt --check"] },
  "check:unused": { needs: ["tests"], runs: ["knip"] },
  "check:words": { needs: ["tests"], runs: ["tsx scripts/check-words.ts"] },
  "check:package": {
    needs: ["tests", "build"],
    runs: [
      "publint --strict",
      "attw --pack . --profile esm-only --exclude-entrypoints ./schema.graphql",
      "tsx scripts/print-api.ts --check",
      "tsx scripts/try-publish.ts",
      "tsx scripts/try-package.ts",
    ],
  },
  format: { needs: ["tests"], runs: ["oxfmt"] },
  schema: { needs: [], runs: ["tsx scripts/print-schema.ts", "oxfmt docs/fields.md"] },
  settings: { needs: ["tests"], runs: ["tsx scripts/print-settings.ts", "oxfmt docs/settings.md docs/operations.md"] },
  api: { needs: ["tests", "build"], runs: ["tsx scripts/print-api.ts"] },
  documents: { needs: ["tests"], runs: ["tsx scripts/print-documents.ts"] },
  "pack:client": { needs: ["build"], runs: ["tsx scripts/pack-client.ts"] },
  licences: { needs: [], runs: ["tsx scripts/print-licences.ts"] },
  sbom: { needs: [], runs: ["tsx scripts/print-sbom.ts"] },
  "docs:files": { needs: [], runs: ["tsx scripts/print-files.ts", "oxfmt docs/architecture.md"] },
  "docs:pictures": { needs: ["tests", "build"], runs: ["tsx scripts/docs-pictures.ts"] },
  "migration:create": { needs: [], runs: ["tsx scripts/create-migration.ts"] },
  "mikro-orm": { needs: ["tests"], runs: ["tsx node_modules/@mikro-orm/cli/cli.js"] },
  bench: { needs: ["tests", "build"], runs: ["tsx load/bench/compare.ts"] },
  "bench:start": { needs: ["tests", "build"], runs: ["tsx load/bench/start.ts"] },
  "bench:login": { needs: ["tests", "build"], runs: ["tsx load/bench/login-timing.ts"] },
  "bench:pages": { needs: ["tests"], runs: ["tsx load/bench/pages.ts"] },
  "bench:fairness": { needs: ["tests", "build"], runs: ["tsx load/bench/fairness.ts"] },
  "bench:siege": { needs: ["tests", "build"], runs: ["tsx load/bench/siege.ts"] },
  "bench:live": { needs: ["tests", "build"], runs: ["tsx load/bench/live.ts"] },
  soak: { needs: ["tests", "build"], runs: ["tsx load/soak/main.ts"] },
  "soak:documents": { needs: ["tests"], runs: ["tsx load/soak/documents-fuzz.ts"] },
  "proof:answers": { needs: ["tests"], runs: ["tsx proof/answers.ts"] },
  "soak:locks": { needs: ["tests"], runs: ["tsx load/soak/locks.ts"] },
};
