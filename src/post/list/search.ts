import { titleKeyOf } from "../title-key.js";

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

/** The different words of a typed text, without regard to case and accents. */
export function wordsOf(typed: string): string[] {
  // Much what the index takes for words: it doesn't know the newest scripts, whose letters are then not found. No
  // quote or operator ever reaches its query language.
  const words = typed.match(/[\p{L}\p{N}\p{Co}][\p{L}\p{N}\p{M}\p{Co}]*/gu) ?? [];
  return [...new Map(words.map((word) => [titleKeyOf(word), word])).values()];
}

/**
 * A typed text as a search; undefined where it holds no word. Every word must occur, or begin one that does. A word
 * in the title counts more than a whole one anywhere, and that more than the beginning of one. Only a post's own text
 * counts: how often a word occurs elsewhere would tell of posts that the viewer can't see.
 *
 * @see https://www.sqlite.org/fts5.html#full_text_query_syntax
 */
export function searchOf(typed: string): Search | undefined {
  const words = wordsOf(typed);
  if (words.length === 0) return undefined;
  const match = words.map((word) => `"${word}"*`).join(" ");
  const points = words.slice(0, rankedWords).flatMap((word) => [
    { match: `(${match}) AND ({title} : "${word}"*)`, points: titlePoints },
    { match: `(${match}) AND ("${word}")`, points: wordPoints },
  ]);
  return { words, match, points: [{ match, points: 1 }, ...points] };
}
