import { wordsOf } from "../words.js";

/** What a post has to have: each of these words, as FTS5 has them, or one that begins with it. */
export type Search = { readonly words: readonly string[] };

/** A search may have so many different words: each costs look-ups of its own. */
export const mostWords = 16;

/** The different words of a typed text. */
export const searchedWords = (typed: string): string[] => [...new Set(wordsOf(typed))];

/** A typed text as a search; undefined where it holds no word. */
export function searchOf(typed: string): Search | undefined {
  const words = searchedWords(typed);
  return words.length === 0 ? undefined : { words };
}
