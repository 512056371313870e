import { readFileSync } from "node:fs";

/** A block of code: the name in its first line, after two slashes, and its text without that line. */
export type Block = { readonly name: string; readonly text: string };

/** Returns a page's blocks in one language that begin with the name of a file. */
export function blocksOf(page: string, language: string): Block[] {
  const blocks = readFileSync(page, "utf8").matchAll(
    new RegExp(`^\`\`\`${language}\\n// (.+)\\n([^]*?)^\`\`\`$`, "gm"),
  );
  return [...blocks].map(([, name, text]) => ({ name: name!, text: text! }));
}

/**
 * Returns the lines of a page's blocks of commands, one list for each block.
 *
 * @param fence the info string of the blocks.
 */
export function commandsOf(page: string, fence = "sh"): string[][] {
  const blocks = readFileSync(page, "utf8").matchAll(new RegExp(`^\`\`\`${fence}\\n([^]*?)^\`\`\`$`, "gm"));
  return [...blocks].map(([, text]) => text!.trimEnd().split("\n"));
}
