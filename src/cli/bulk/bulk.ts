import type { SqlEntityManager } from "@mikro-orm/knex";

import type { Database } from "../../database/database.js";

/** A column's value. Instants are in milliseconds since 1970. */
export type Value = string | number | null;

/** Inserts many rows into posts, votes and users, with the indexes and triggers dropped that would slow this down. */
export type BulkLoad = {
  readonly insert: (table: string, columns: readonly string[], rows: readonly (readonly Value[])[]) => Promise<void>;
  /** Adds posts that have been inserted to the search index. */
  readonly indexTexts: (
    posts: readonly { id: string; title: string; content: string; version: number }[],
  ) => Promise<void>;
  /** Restores the indexes and triggers that `begin` dropped; `step` is called with the progress. */
  readonly restore: (step: (done: number, total: number) => void) => Promise<void>;
};

/** Bulk loading, for one database system. */
export type Bulk = {
  /** Tunes the connection for bulk loading until it is closed. Not within a transaction. */
  readonly tune: (database: Database) => Promise<void>;
  /**
   * Drops the indexes and triggers of posts and votes within the caller's transaction. Other transactions still see
   * them, and a rollback restores them. Inserted posts must have their `vote_count`, which no trigger sets.
   */
  readonly begin: (em: SqlEntityManager) => Promise<BulkLoad>;
  /** Runs the maintenance that many new rows need. Not within a transaction. */
  readonly finish: (database: Database) => Promise<void>;
};
