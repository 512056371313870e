import type { SqlEntityManager } from "@mikro-orm/knex";

import type { Database } from "../../database/database.js";

/** What a column can hold; instants are in milliseconds since 1970. */
export type Value = string | number | null;

/** Rows on their way into posts, votes and users, without what makes one row at a time right and many slow. */
export type BulkLoad = {
  readonly insert: (table: string, columns: readonly string[], rows: readonly (readonly Value[])[]) => Promise<void>;
  /** Lets the search find these posts, which have been inserted. */
  readonly indexTexts: (
    posts: readonly { id: string; title: string; content: string; version: number }[],
  ) => Promise<void>;
  /** Puts back what was taken away, as it was; `step` is told how many of how many are there. */
  readonly restore: (step: (done: number, total: number) => void) => Promise<void>;
};

/** How a kind of database takes many rows at a time. */
export type Bulk = {
  /** Makes the connection ready for much, until it is closed. Not within a transaction. */
  readonly tune: (database: Database) => Promise<void>;
  /**
   * Begins to load within the caller's transaction: takes the indexes and triggers of posts and votes away. Nobody else
   * sees them gone, and they are back if the transaction fails. The rows have to bring their `vote_count`.
   */
  readonly begin: (em: SqlEntityManager) => Promise<BulkLoad>;
  /** Tidies up after all that was written. Not within a transaction. */
  readonly finish: (database: Database) => Promise<void>;
};
