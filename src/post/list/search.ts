import { wordsOf } from "../words.js";

/** What a search asks of the full-text index: what every post has to match, and what earns it points. */
export type Search = {
  readonly words: readonly string[];
  readonly match: string;
  readonly points: readonly { readonly match: string; readonly points: number }[];
};

// The rest only has to occur: people type two or three words, and each costs two lookups.
export const rankedWords = 8;
/** What a word earns a post that has it, or one that it begins, in its title; and one that has it as a whole. */
export const titlePoints = 4;
export const wordPoints = 2;

/** A search may have so many different words: each costs look-ups of its own. */
export const mostWords = 16;

/** The different words of a typed text. */
export const searchedWords = (typed: string): string[] => [...new Set(wordsOf(typed))];

/**
 * A typed text as a search; undefined where it holds no word. Every word must occur, or begin one that does. A word
 * in the title counts more than a whole one anywhere, and that more than the beginning of one. Only a post's own text
 * counts: how often a word occurs elsewhere would tell of posts that the viewer can't see. Words hold letters and
 * digits alone, so no quote or operator ever reaches the index's query language.
 *
 * @see https://www.sqlite.org/fts5.html#full_text_query_syntax
 */
export function searchOf(typed: string): Search | undefined {
  const words = searchedWords(typed);
  if (words.length === 0) return undefined;
  const match = words.map((word) => `"${word}"*`).join(" ");
  const points = words.slice(0, rankedWords).flatMap((word) => [
    { match: `(${match}) AND ({title} : "${word}"*)`, points: titlePoints },
    { match: `(${match}) AND ("${word}")`, points: wordPoints },
  ]);
  return { words, match, points: [{ match, points: 1 }, ...points] };
}
