import { wordsOf } from "./words.js";

/** The words by which a post is found. None of the content's is among the title's. */
export type PostWords = { readonly title: readonly string[]; readonly content: readonly string[] };

// PostgreSQL allows a `tsvector` a megabyte, in which each word takes its bytes and at most six more.
const vectorBytes = 1_000_000;
const bytesBesideWord = 6;

/**
 * Returns the words by which a post is found, those of the title first. A content may have more than there is room for:
 * some 100,000 different pairs of characters. It is then found by those that come first.
 */
export function postWordsOf(title: string, content: string): PostWords {
  let room = vectorBytes;
  const fits = (word: string) => (room -= Buffer.byteLength(word) + bytesBesideWord) >= 0;
  const ofTitle = wordsOf(title).filter(fits);
  const inTitle = new Set(ofTitle);
  return { title: ofTitle, content: wordsOf(content).filter((word) => !inTitle.has(word) && fits(word)) };
}

/** The word, which no text has, of each vector whose words were made by these rules. A change of the rules takes another. */
export const rulesMark = ".2";

/**
 * Returns a post's words as PostgreSQL's `tsvector` is written: each once, those of the title with the weight A.
 * The index doesn't keep where a word occurs, and how often, since a search asks for neither; but without any position,
 * a word would pass for one of every weight.
 */
export function searchVectorOf(title: string, content: string): string {
  const words = postWordsOf(title, content);
  const elsewhere = [rulesMark, ...words.content];
  // No word holds a quote or a backslash. In quotes nothing else ends one, whatever a server takes for a space.
  return [...words.title.map((word) => `'${word}':1A`), ...elsewhere.map((word) => `'${word}':1`)].join(" ");
}
