import { execFileSync } from "node:child_process";
import { copyFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";

import type { ConcreteRequest } from "relay-runtime";
import { afterAll, beforeAll } from "vitest";

import { blocksOf, type Block } from "../../scripts/guide.js";

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
    mkdirSync(join(folder, "node_modules/postern"), { recursive: true });
    copyFileSync("schema.graphql", join(folder, "node_modules/postern/schema.graphql"));
    writeFileSync(join(folder, "src/App.js"), documents.map((text) => `graphql\`${text}\`;\n`).join(""));
    // As in the page, for JavaScript, which can be imported as it is.
    const [{ name, text }] = blocksOf("docs/clients/relay.md", "json") as [Block];
    writeFileSync(join(folder, name), text.replace('"typescript"', '"javascript"'));
    execFileSync(process.execPath, [resolve("node_modules/relay-compiler/cli.js")], { cwd: folder, stdio: "pipe" });
  });

  return async <T = ConcreteRequest>(name: string): Promise<T> =>
    (await import(join(folder, "src/__generated__", `${name}.graphql.js`))).default;
}
