import { execFile } from "node:child_process";
import { cpSync, mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { basename, dirname, join, resolve } from "node:path";

import { expect, test } from "vitest";

import { newFolder } from "../../support/files.js";

const page = readFileSync("docs/adding-a-feature.md", "utf8");

/** The page's blocks of a language: what follows `mark` in the first line, and the lines after it. */
function blocksOf(language: string, mark: string) {
  const blocks = [...page.matchAll(new RegExp(`^\`\`\`${language}\\n${mark}(.*)\\n([^]*?)^\`\`\`$`, "gm"))];
  return blocks.map(([, path, text]) => ({ path: path!, text: text! }));
}

/** Does to a text what a block of changes says: each has one place. */
function changed(text: string, changes: string): string {
  for (const change of changes.split(/^@@\n/m).slice(1)) {
    const side = (other: string) => change.replaceAll(new RegExp(`^[${other}].*\\n`, "gm"), "").replaceAll(/^./gm, "");
    const [before, after] = [side("+"), side("-")];
    expect(text.split(before), `the page changes this, which has to stand there once:\n${before}`).toHaveLength(2);
    text = text.replace(before, () => after);
  }
  return text;
}

/** The project as it is, to be changed. */
function copyOfProject(): string {
  const folder = newFolder();
  for (const name of ["src", "test", "scripts", "lint", "package.json", "package-lock.json", "tsconfig.json"])
    cpSync(name, join(folder, name), { recursive: true });
  for (const name of ["vitest.config.ts", ".oxlintrc.json", ".oxfmtrc.json", "schema.graphql"])
    cpSync(name, join(folder, name));
  cpSync("docs/fields.md", join(folder, "docs/fields.md"));
  symlinkSync(resolve("node_modules"), join(folder, "node_modules"));
  return folder;
}

/** Runs a command in a folder and returns its output, or its failure. */
const run = (folder: string, command: string) =>
  new Promise<string>((done) => {
    const env = { PATH: `${resolve("node_modules/.bin")}:${process.env["PATH"]}`, NO_COLOR: "1" };
    execFile("sh", ["-c", command], { cwd: folder, env }, (error, out, err) =>
      done(`${out}${err}${error === null ? "" : `\nfailed: ${command}`}`),
    );
  });

test("the page's steps make a feature that passes the checks and answers over HTTP", async () => {
  const folder = copyOfProject();
  const edit = (path: string, make: (text: string) => string) =>
    writeFileSync(join(folder, path), make(readFileSync(join(folder, path), "utf8")));
  const files = blocksOf("ts", "// ");
  for (const { path, text } of files) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), text);
  }
  for (const { path, text } of blocksOf("diff", "\\+\\+\\+ ")) edit(path, (before) => changed(before, text));

  const [create, printSchema] = blocksOf("sh", "").flatMap(({ path, text }) => [path, ...text.trimEnd().split("\n")]);
  const migrations = "src/database/migrations/sqlite";
  const known = readdirSync(migrations);
  expect(await run(folder, create!)).toContain("review it, and list it in index.ts");
  const name = basename(
    readdirSync(join(folder, migrations)).find((file) => !known.includes(file))!,
    ".ts",
  );
  const line = `  { name: "${name}", load: async () => (await import("./${name}.js")).${name} },`;
  edit(`${migrations}/index.ts`, (list) => list.replace("\n];", `\n${line}\n];`));

  edit("tsconfig.json", (text) =>
    text.replace(/"include": \[[^\]]*\]/, '"include": ["src", "test/both/bookmark/bookmark.test.ts"]'),
  );
  const own = files.map(({ path }) => path).join(" ");
  const [printed, types, lint, format] = await Promise.all([
    run(folder, printSchema!),
    run(folder, "tsc --noEmit"),
    run(folder, `oxlint --deny-warnings ${own}`),
    run(folder, `oxfmt --check ${own}`),
  ]);
  for (const said of [printed, types, lint, format]) expect(said).not.toContain("failed:");

  // The page's own test, and the existing tests that check every new feature.
  const asked = "bookmarks|schema|describes|in pages alone|migrations make|finds no changes|every root field declares";
  const tests = "bookmark.test schema.test sqlite/server/database.test credential.test";
  const tested = await run(folder, `vitest run --project sqlite --project pure ${tests} --testNamePattern "${asked}"`);
  expect(tested).not.toContain("failed:");
  expect(tested).toMatch(/Tests +8 passed/);
}, 180_000);
