import { letters } from "./letters.js";

/** Returns ranges of code points as a character class of a regular expression. */
const classOf = (ranges: string): string => ranges.replaceAll(/[0-9a-f]+/g, String.raw`\u{$&}`).replaceAll(/\s/g, "");

// Marks that search ignores: the general ones, and those of Latin, Greek, Cyrillic, Hebrew and Arabic. Voice marks of Kana and
// vowel signs of other scripts make another letter or syllable, and are kept.
const accents = new RegExp(
  `[${classOf("ad 300-36f 483-489 591-5bd 5bf 5c1-5c2 5c4-5c5 5c7 610-61a 640 64b-65f 670 6d6-6dc 6df-6e4 6e7-6e8 6ea-6ed 1ab0-1aff 1dc0-1dff 200c-200d 20d0-20ff fe00-fe0f fe20-fe2f e0100-e01ef")}]`,
  "gu",
);

// Scripts that are written without spaces between words, with the marks that lengthen and repeat Kana.
const unspaced = String.raw`\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}ー\u3099\u309a\p{Script=Thai}\p{Script=Lao}\p{Script=Khmer}\p{Script=Myanmar}`;
const ofWords = String.raw`${classOf(letters)}\p{M}`;
const run = new RegExp(`(?:(?=[${ofWords}])[${unspaced}])+|(?:(?![${unspaced}])[${ofWords}])+`, "gu");
const startsUnspaced = new RegExp(`^[${unspaced}]`, "u");

// PostgreSQL allows words of at most 2,046 bytes.
const keptCharacters = 255;

/**
 * Returns a text in the form that search compares. Equivalent characters become the same, and so do upper and lower case
 * (`ß` is `ss`, a final sigma is a sigma) and letters with and without accents.
 */
function folded(text: string): string {
  return withoutAccents(withoutAccents(text).toLowerCase().toUpperCase().toLowerCase())
    .replaceAll("ς", "σ")
    .normalize("NFC");
}

const withoutAccents = (text: string): string => text.normalize("NFKD").replace(accents, "");

/** A word, or a run of characters of a script without spaces. */
type Run = { readonly text: string; readonly isUnspaced: boolean };

/** Returns the different runs of a text, in their order. */
function runsOf(text: string): Run[] {
  const found = new Set(folded(text).match(run) ?? []);
  return [...found].map((each) => ({ text: each, isUnspaced: startsUnspaced.test(each) }));
}

/**
 * Returns the different words of a text for the index, in their order. For a text without spaces, these are its pairs of
 * neighbouring characters and its last character.
 */
export function wordsOf(text: string): string[] {
  const words = runsOf(text).flatMap((each) =>
    each.isUnspaced ? [...pairsOf(each.text), lastOf(each.text)] : [cut(each.text)],
  );
  return [...new Set(words)];
}

/** A word that a search asks for: whole, or as the beginning of one. */
export type AskedWord = { readonly text: string; readonly isWhole: boolean };

/**
 * Returns the words to look up in the index for a search, by the runs of its text. A text without spaces is found by all its
 * pairs of characters, and a single character by the pairs that begin with it.
 */
export function askedWordsOf(text: string): AskedWord[][] {
  return runsOf(text).map((each) => {
    const pairs = each.isUnspaced ? pairsOf(each.text) : [];
    if (pairs.length > 0) return [...new Set(pairs)].map((pair) => ({ text: pair, isWhole: true }));
    return [{ text: cut(each.text), isWhole: false }];
  });
}

function pairsOf(text: string): string[] {
  const characters = Array.from(text);
  return characters.slice(1).map((character, index) => characters[index]! + character);
}

const lastOf = (text: string): string => Array.from(text.slice(-2)).at(-1)!;

const cut = (word: string): string =>
  word.length <= keptCharacters ? word : Array.from(word).slice(0, keptCharacters).join("");
