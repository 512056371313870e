import { wordsOf } from "./words.js";

/** The words by which a post is found. No word is in both lists. */
export type PostWords = { readonly title: readonly string[]; readonly content: readonly string[] };

// PostgreSQL allows a `tsvector` a megabyte, in which each word takes its bytes and at most six more.
const vectorBytes = 1_000_000;
const bytesBesideWord = 6;

/**
 * Returns the words by which a post is found. A content may have more than fit: up to 100,000 different pairs of
 * characters. It is then found by the first ones.
 */
export function postWordsOf(title: string, content: string): PostWords {
  let room = vectorBytes;
  const fits = (word: string) => (room -= Buffer.byteLength(word) + bytesBesideWord) >= 0;
  const ofTitle = wordsOf(title).filter(fits);
  const inTitle = new Set(ofTitle);
  return { title: ofTitle, content: wordsOf(content).filter((word) => !inTitle.has(word) && fits(word)) };
}

/** A word that marks the vectors made by the current rules; no text contains it. Change it when the rules change. */
export const rulesMark = ".2";

/**
 * Returns a post's words as a PostgreSQL `tsvector`: each once, those of the title with the weight A. Every word has the
 * position 1: search doesn't use positions, but a word without one would match every weight.
 */
export function searchVectorOf(title: string, content: string): string {
  const words = postWordsOf(title, content);
  const elsewhere = [rulesMark, ...words.content];
  // Words contain no quotes or backslashes. Within quotes, nothing else ends a word.
  return [...words.title.map((word) => `'${word}':1A`), ...elsewhere.map((word) => `'${word}':1`)].join(" ");
}
