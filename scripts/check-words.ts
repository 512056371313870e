// Checks the mechanical part of the writing rules (CONTRIBUTING.md) in comments, documentation and titles of tests.
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";

type Rule = { readonly pattern: RegExp; readonly advice: string; readonly only?: "comments" };

const rules: readonly Rule[] = [
  {
    pattern: /\/\*\* ?(?:\n \* )?(What|Who|Whoever|Whose|That)\b/,
    advice: "a doc comment begins with a noun or a verb",
    only: "comments",
  },
  {
    pattern: /\bwhere (?:there|it|he|she|they|nothing|none|nobody|no|one)\b/i,
    advice: '"if" or "when" for a condition',
  },
  { pattern: /\bany more\b/i, advice: '"no longer"' },
  { pattern: /\banew\b/i, advice: '"again"' },
  { pattern: /\bas many again\b/i, advice: '"another n"' },
  { pattern: /\bin place of\b/i, advice: '"instead of"' },
  { pattern: /\bunder way\b/i, advice: '"in progress" or "running"' },
];

/** Written by tools, or never edited after their release. */
const leftOut = /^docs\/(api|licences)\.md$|\/migrations\/.*Migration\d+\.ts$|\/gql\/|\/previous-release\//;
const files = execFileSync("git", ["ls-files", "--cached", "--others", "--exclude-standard"], { encoding: "utf8" })
  .split("\n")
  .filter((file) => /\.(ts|tsx|js|mjs|md|css|html|graphql|yml)$|^\.ci\/run$/.test(file) && !leftOut.test(file));

const blank = (part: string) => part.replaceAll(/[^\n]/g, " ");

/** Returns a file's prose: a whole document, or the comments and strings of code with everything else blanked. */
function proseOf(file: string, text: string): string {
  if (!/\.(ts|tsx|js|mjs)$/.test(file)) return text;
  let prose = "";
  let end = 0;
  for (const { 0: found, index } of text.matchAll(/\/\*[^]*?\*\/|(?<=^|\s)\/\/.*|"(?:\\.|[^"\\\n])*"/g)) {
    prose += blank(text.slice(end, index)) + found;
    end = index + found.length;
  }
  return prose + blank(text.slice(end));
}

let count = 0;
for (const file of files) {
  const prose = proseOf(file, readFileSync(file, "utf8"));
  for (const { pattern, advice, only } of rules) {
    if (only === "comments" && !/\.(ts|tsx|js|mjs)$/.test(file)) continue;
    for (const { 0: found, index } of prose.matchAll(new RegExp(pattern, `${pattern.flags}g`))) {
      const line = prose.slice(0, index).split("\n").length;
      console.error(`${file}:${line}: "${found.replaceAll(/\s*\n[ *]*/g, " ")}": write ${advice}`);
      count += 1;
    }
  }
}
if (count > 0) console.error(`\n${count} places against the writing rules of CONTRIBUTING.md`);
process.exitCode = count > 0 ? 1 : 0;
