import { askedWordsOf, type AskedWord } from "./words.js";

/** The words that a post must have. */
export type Search = { readonly words: readonly AskedWord[] };

/** A search may have this many different words at most; a text without spaces counts as one. */
export const mostWords = 16;

/** Returns how many different words a typed text has. */
export const countWords = (typed: string): number => askedWordsOf(typed).length;

/** Returns a typed text as a search; undefined if it holds no word. */
export function searchOf(typed: string): Search | undefined {
  const words = askedWordsOf(typed).flat();
  return words.length === 0 ? undefined : { words };
}
