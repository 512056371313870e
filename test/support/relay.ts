import { execFileSync } from "node:child_process";
import { copyFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";

import type { ConcreteRequest } from "relay-runtime";
import { afterAll, beforeAll } from "vitest";

/**
 * Compiles documents with Relay's compiler before the tests of a file. Relay wants their names to begin with the
 * module's name, which is App.
 *
 * @returns a function that returns the compiled query, mutation, subscription or fragment.
 */
export function compiledByRelay(documents: readonly string[]) {
  const folder = mkdtempSync(join(tmpdir(), "postern-test-relay-"));
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  beforeAll(() => {
    mkdirSync(join(folder, "src"));
    copyFileSync("schema.graphql", join(folder, "schema.graphql"));
    writeFileSync(join(folder, "src/App.js"), documents.map((text) => `graphql\`${text}\`;\n`).join(""));
    writeFileSync(
      join(folder, "relay.config.json"),
      JSON.stringify({ src: "./src", schema: "./schema.graphql", language: "javascript", eagerEsModules: true }),
    );
    execFileSync(process.execPath, [resolve("node_modules/relay-compiler/cli.js")], { cwd: folder, stdio: "pipe" });
  });

  return async <T = ConcreteRequest>(name: string): Promise<T> =>
    (await import(join(folder, "src/__generated__", `${name}.graphql.js`))).default;
}
