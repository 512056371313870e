import { readFileSync } from "node:fs";
import { dirname, join, normalize } from "node:path/posix";

const link = /\]\(\s*([^)\s]+)\s*\)|(?:src|srcset|href)="([^"]+)"/g;
const isAbsolute = (target: string) => /^[a-z]+:/.test(target);

/**
 * Returns the links of the Markdown pages among the files that lead nowhere, if there are no other files.
 *
 * @param files paths from the project's folder.
 */
export function brokenLinks(files: readonly string[]): string[] {
  const there = new Set(files.flatMap((file) => [file, ...foldersOf(file)]));
  const broken = (page: string, target: string): boolean => {
    const [path, anchor] = target.split("#", 2) as [string, string?];
    const file = path === "" ? page : normalize(join(dirname(page), path)).replace(/\/$/, "");
    if (!there.has(file)) return true;
    return anchor !== undefined && file.endsWith(".md") && !anchorsOf(file).has(anchor);
  };
  return files
    .filter((file) => file.endsWith(".md"))
    .flatMap((page) => targetsOf(page).flatMap((target) => (broken(page, target) ? [`${page}: ${target}`] : [])));
}

function foldersOf(file: string): string[] {
  const folder = dirname(file);
  return folder === "." ? [] : [folder, ...foldersOf(folder)];
}

const proseOf = (page: string) => readFileSync(page, "utf8").replaceAll(/^```[^]*?^```$/gm, "");

function targetsOf(page: string): string[] {
  const targets = [...proseOf(page).matchAll(link)].map(([, target, source]) => (target ?? source)!);
  return targets.filter((target) => !isAbsolute(target));
}

/** Returns the anchors of a page's headings, as GitHub makes them. */
function anchorsOf(page: string): Set<string> {
  const headings = [...proseOf(page).matchAll(/^#+ (.+)$/gm)].map(([, heading]) => heading!.toLowerCase());
  return new Set(headings.map((heading) => heading.replaceAll(/[^\p{L}\p{N}_\- ]/gu, "").replaceAll(" ", "-")));
}
