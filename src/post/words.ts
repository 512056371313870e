import { folds, letters, marks } from "./word-table.js";

/** The characters of ranges, as a class of a regular expression. It names each, so no engine's Unicode matters. */
const classOf = (ranges: string): string => ranges.replaceAll(/[0-9a-f]+/g, String.raw`\u{$&}`).replaceAll(/\s/g, "");

const replacements = new Map<string, string>();
for (const [, first, last, step, kind, target] of folds.matchAll(/(\w+)(?:-(\w+))?(\/2)?([=>])(\w+)/g)) {
  const [from, onto] = [Number.parseInt(first!, 16), Number.parseInt(target!, 16)];
  const to = last === undefined ? from : Number.parseInt(last, 16);
  for (let code = from; code <= to; code += step === undefined ? 1 : 2)
    replacements.set(String.fromCodePoint(code), String.fromCodePoint(kind === "=" ? onto : onto + code - from));
}

const replaced = new RegExp(`[${classOf(marks)}${[...replacements.keys()].join("")}]`, "gu");
const word = new RegExp(`[${classOf(letters)}]+`, "gu");

/**
 * The words of a text in their order, without regard to case and accents: what SQLite's FTS5 makes of it
 * (`unicode61 remove_diacritics 2`), so that every database finds the same posts.
 */
export function wordsOf(text: string): string[] {
  return text.replace(replaced, (character) => replacements.get(character) ?? "").match(word) ?? [];
}
