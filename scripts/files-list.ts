import { readdirSync, readFileSync } from "node:fs";
import { basename, dirname, join } from "node:path";

import { doors, wings } from "../lint/wings.js";

const start = "<!-- files: npm run docs:files -->\n";
const end = "<!-- end of files -->\n";

/** Returns docs/architecture.md with its list of files replaced. */
export function withFilesList(page: string): string {
  const [before, after] = [page.indexOf(start) + start.length, page.indexOf(end)];
  return `${page.slice(0, before)}\n${filesList()}\n${page.slice(after)}`;
}

/** Lists the files of `src` by folder, in the order of the wings. A migration's name is its date. */
function filesList(): string {
  const files = readdirSync("src", { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && !entry.parentPath.includes("migrations"))
    .map((entry) => join(entry.parentPath, entry.name));
  const order = [...wings, ...doors].map(({ name }) => `src/${name}`);
  const placeOf = (folder: string) => order.findIndex((name) => `${folder}/`.startsWith(`${name}/`));
  const folders = [...new Set(files.map((file) => dirname(file)))]
    .filter((folder) => folder !== "src")
    .toSorted((a, b) => placeOf(a) - placeOf(b) || (a < b ? -1 : 1));
  const linesOf = (folder: string) =>
    files
      .filter((file) => dirname(file) === folder)
      .toSorted()
      .map((file) => `- \`${basename(file, ".ts")}\`${summaryOf(readFileSync(file, "utf8"), basename(file))}\n`);
  return folders.map((folder) => `\`${folder}/\`\n\n${linesOf(folder).join("")}`).join("\n");
}

type Exported = { readonly kind: string; readonly name: string; readonly says: string };

/** Returns the first sentence about a file's main export: the one of the file's name, or a class, or a function. */
function summaryOf(text: string, file: string): string {
  const documented = /\/\*\*((?:(?!\*\/)[^])*)\*\/\s*\nexport (?:async |abstract )*(function|class|const|type) (\w+)/g;
  const all = [...text.matchAll(documented)].map(([, comment, kind, name]): Exported => {
    const says = comment!
      .replaceAll(/\n\s*\*/g, " ")
      .replaceAll(/\s+/g, " ")
      .trim();
    return { kind: kind!, name: name!, says: says.split(/(?<=\.) | @/, 1)[0]! };
  });
  const main =
    all.find(({ name }) => plain(name) === plain(file)) ??
    all.find(({ kind }) => kind === "class") ??
    all.find(({ kind }) => kind === "function") ??
    all[0];
  return main === undefined ? "" : `: ${main.says}`;
}

const plain = (name: string): string => name.replaceAll(/\.ts$|[.-]/g, "").toLowerCase();
