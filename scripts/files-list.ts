import { readdirSync } from "node:fs";
import { dirname, join, relative } from "node:path";

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
    .map((entry) => relative("src", join(entry.parentPath, entry.name)))
    .toSorted();
  const order = [...wings, ...doors].map(({ name }) => name);
  const placeOf = (folder: string) => order.indexOf(folder.split("/", 1)[0]!);
  const folders = [...new Set(files.map((file) => dirname(file)))]
    .filter((folder) => folder !== ".")
    .toSorted((a, b) => placeOf(a) - placeOf(b) || (a < b ? -1 : 1));
  return folders
    .map((folder) => {
      const names = files
        .filter((file) => dirname(file) === folder)
        .map((file) => `\`${file.slice(folder.length + 1)}\``);
      return `- \`src/${folder}/\`: ${names.join(", ").replaceAll(".ts`", "`")}\n`;
    })
    .join("");
}
