// Renews src/post/word-table.ts, which says what FTS5 takes for a word, by asking it for every code point.
import { writeFileSync } from "node:fs";

import { everyCodePoint, fts5Words } from "./fts5-words.js";

/** What each code point is within a word: itself, another, or nothing. Others separate words. */
const within = new Map<number, number | undefined>();
const letters: number[] = [];
const marks: number[] = [];
for (const some of everyCodePoint()) {
  const words = await fts5Words(some.map((code) => asked(code)));
  for (const [index, code] of some.entries()) {
    const [first = "", second] = words[index]!;
    if (second !== undefined) continue;
    within.set(code, first.length > 2 ? first.codePointAt(0) : undefined);
    (first.length > 2 ? letters : marks).push(code);
  }
}

/** Before a letter and after it: a letter gives one word of four, a mark `ab`, and anything else two words. */
function asked(code: number): string {
  const character = String.fromCodePoint(code);
  return `${character}a${character}b`;
}

const hex = (code: number): string => code.toString(16);

/** Ascending numbers as ranges: `30-39 5f`. */
function ranges(codes: readonly number[]): string[] {
  const found: string[] = [];
  for (let at = 0; at < codes.length;) {
    let last = at;
    while (codes[last + 1] === codes[last]! + 1) last += 1;
    found.push(last === at ? hex(codes[at]!) : `${hex(codes[at]!)}-${hex(codes[last]!)}`);
    at = last + 1;
  }
  return found;
}

/** Pairs as runs whose second parts rise like the first (`41-5a>61`, `182-184/2>183`) or not (`c0-c5=61`). */
function runs(pairs: readonly (readonly [number, number])[]): string[] {
  const found: string[] = [];
  for (let at = 0; at < pairs.length;) {
    const [code, target] = pairs[at]!;
    const lengthOf = (step: number, rise: number) => {
      let length = 1;
      for (;;) {
        const [next, its] = pairs[at + length] ?? [];
        if (next !== code + length * step || its !== target + length * rise) return length;
        length += 1;
      }
    };
    const kinds = [
      { step: 1, rise: 1 },
      { step: 2, rise: 2 },
      { step: 1, rise: 0 },
      { step: 2, rise: 0 },
    ].map((kind) => ({ ...kind, length: lengthOf(kind.step, kind.rise) }));
    const { step, rise, length } = kinds.reduce((best, kind) => (kind.length > best.length ? kind : best));
    const last = length === 1 ? "" : `-${hex(code + (length - 1) * step)}${step === 2 ? "/2" : ""}`;
    found.push(`${hex(code)}${last}${rise === 0 ? "=" : ">"}${hex(target)}`);
    at += length;
  }
  return found;
}

const changed = [...within].filter((pair): pair is [number, number] => pair[1] !== undefined && pair[0] !== pair[1]);

/** The entries in lines of a text that fit the page. */
function text(entries: readonly string[]): string {
  const lines = [""];
  for (const entry of entries) {
    const line = lines.at(-1)!;
    if (line.length + entry.length < 119) lines[lines.length - 1] = `${line} ${entry}`.trim();
    else lines.push(entry);
  }
  return `\`\n${lines.join("\n")}\n\``;
}

writeFileSync(
  "src/post/word-table.ts",
  `// Derived from SQLite's FTS5 (unicode61 remove_diacritics 2) by scripts/derive-words.ts. Hexadecimal code points.

/** The characters that words are made of, as ranges. */
export const letters = ${text(ranges(letters))};

/** The marks that words go on after, and lose. */
export const marks = ${text(ranges(marks))};

/** What letters are folded to: in turn, \`/2\` for every other one, or after \`=\` all to the same. */
export const folds = ${text(runs(changed))};
`,
);
