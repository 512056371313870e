import { askedWordsOf, type AskedWord } from "./words.js";

/** A search for posts that have all these words. */
export type Search = { readonly words: readonly AskedWord[] };

/** A search may have at most this many different words; a text without spaces counts as one. */
export const mostWords = 16;

/** Returns how many different words a typed text has. */
export const countWords = (typed: string): number => askedWordsOf(typed).length;

/** Returns a typed text as a search; undefined if it holds no word. */
export function searchOf(typed: string): Search | undefined {
  const words = askedWordsOf(typed).flat();
  return words.length === 0 ? undefined : { words };
}
