import type { Findings } from "./findings.js";
import type { Random } from "../random.js";

/** A post as the answers to its author and voters described it. */
export type Entry = {
  readonly title: string;
  /** A word that no other post has. */
  readonly word: string;
  readonly authorId: string;
  /** Undefined until an answer has said it. */
  id: string | undefined;
  /** When everybody sees it, by any clock that isn't behind this one; Infinity until an answer has said it. */
  publishedBy: number;
  /** `maybe` if the answer was lost, `never` if it said that nothing was written. */
  state: "maybe" | "never" | "alive" | "gone";
  /** When its deletion was requested, and when that was acknowledged; Infinity if it wasn't. */
  deletionSentAt: number;
  goneAt: number;
  /** The content after the last acknowledged change, and the contents of later changes whose answers were lost. */
  content: string;
  maybeContents: string[];
  /** By the voter's id: voted, not voted, or unknown. */
  readonly votes: Map<string, boolean | "unknown">;
};

/** Everything that was acknowledged, to compare with the database. */
export type Book = {
  readonly entries: ReadonlyMap<string, Entry>;
  readonly add: (entry: Pick<Entry, "title" | "word" | "authorId" | "content">) => Entry;
  /** Returns a post that exists, as far as the answers say; undefined if there is none. */
  readonly anyAlive: (random: Random) => Entry | undefined;
  readonly aliveOf: (authorId: string, random: Random) => Entry | undefined;
  /** When the last existing post was published, by the clock of its process. */
  readonly lastPublication: () => number;
  /** Checks a list of titles that was queried at an instant. */
  readonly checkTitles: (titles: readonly string[], askedAt: number, about: object) => void;
};

export function makeBook(findings: Findings): Book {
  const entries = new Map<string, Entry>();
  const isAlive = ({ state, deletionSentAt }: Entry) => state === "alive" && deletionSentAt === Infinity;
  const someOf = (candidates: readonly Entry[], random: Random) =>
    candidates.length === 0 ? undefined : random.pick(candidates);
  return {
    entries,
    add(given) {
      const entry: Entry = {
        ...given,
        id: undefined,
        publishedBy: Infinity,
        state: "maybe",
        deletionSentAt: Infinity,
        goneAt: Infinity,
        maybeContents: [],
        votes: new Map(),
      };
      entries.set(entry.title, entry);
      return entry;
    },
    anyAlive: (random) => someOf([...entries.values()].slice(-200).filter(isAlive), random),
    aliveOf: (authorId, random) =>
      someOf(
        [...entries.values()].filter((entry) => entry.authorId === authorId && isAlive(entry)),
        random,
      ),
    lastPublication: () =>
      Math.max(0, ...[...entries.values()].map(({ publishedBy }) => publishedBy).filter(Number.isFinite)),
    checkTitles(titles, askedAt, about) {
      if (new Set(titles).size < titles.length) findings.violation("a post twice in a list", { ...about, titles });
      for (const title of titles) {
        const entry = entries.get(title);
        const found = { ...about, title };
        if (entry === undefined) findings.violation("a post that nobody wrote", found);
        else if (entry.state === "never") findings.violation("a post that was refused", found);
        else if (entry.goneAt < askedAt) findings.violation("a post that was deleted", found);
      }
    },
  };
}
