import { wordsOf } from "./words.js";

// PostgreSQL takes words of 2046 bytes. A search has 200 characters, so it can't tell words by what comes later.
const keptCharacters = 255;

/**
 * A post's words as PostgreSQL's `tsvector` has them in writing: each once, those of the title with the weight A.
 * Where a word occurs, and how often, is not kept, since a search asks for neither; but without any position, a word
 * would pass for one of every weight.
 *
 * It never exceeds the megabyte that PostgreSQL allows: position included, no character takes more than four bytes.
 */
export function searchVectorOf(title: string, content: string): string {
  const inTitle = new Set(keptWords(title));
  const elsewhere = keptWords(content).filter((word) => !inTitle.has(word));
  // No word holds a quote or a backslash. In quotes nothing else ends one, whatever a server takes for a space.
  return [...[...inTitle].map((word) => `'${word}':1A`), ...elsewhere.map((word) => `'${word}':1`)].join(" ");
}

const keptWords = (text: string): string[] => [
  ...new Set(wordsOf(text).map((word) => (word.length <= keptCharacters ? word : cut(word)))),
];

const cut = (word: string): string => Array.from(word).slice(0, keptCharacters).join("");
