import { readFileSync } from "node:fs";

/** A block of code: what its first line names after two slashes, and its text without that line. */
export type Block = { readonly name: string; readonly text: string };

/** The blocks of a page in one language that begin with the name of a file. */
export function blocksOf(page: string, language: string): Block[] {
  const blocks = readFileSync(page, "utf8").matchAll(
    new RegExp(`^\`\`\`${language}\\n// (.+)\\n([^]*?)^\`\`\`$`, "gm"),
  );
  return [...blocks].map(([, name, text]) => ({ name: name!, text: text! }));
}

/** The lines of the blocks of commands of a page, one list a block. */
export function commandsOf(page: string): string[][] {
  const blocks = readFileSync(page, "utf8").matchAll(/^```sh\n([^]*?)^```$/gm);
  return [...blocks].map(([, text]) => text!.trimEnd().split("\n"));
}
