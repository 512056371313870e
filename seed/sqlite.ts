import type { EntityManager } from "@mikro-orm/core";
import type { Knex } from "@mikro-orm/knex";

import type { Database } from "../src/database/database.js";

/** What a column can hold; instants are in milliseconds since 1970. */
export type Value = string | number | null;

/** Rows on their way into posts, votes and users, without what makes one row at a time right and many slow. */
export type BulkLoad = {
  readonly insert: (table: string, columns: readonly string[], rows: readonly (readonly Value[])[]) => Promise<void>;
  /** Lets the search find these posts, which have been inserted. */
  readonly indexTexts: (postIds: readonly string[]) => Promise<void>;
  /** Puts back what was taken away, as it was; `step` is told how many of how many are there. */
  readonly restore: (step: (done: number, total: number) => void) => Promise<void>;
};

const cacheKibibytes = 512 * 1024;

/** Gives the connection more memory and a second thread to sort with, until it is closed. Not within a transaction. */
export async function tuneForBulk(database: Database): Promise<void> {
  const connection = database.em.getConnection();
  await connection.execute(`pragma cache_size = -${cacheKibibytes}`);
  await connection.execute("pragma threads = 1");
}

/** Makes the log of changes short again, which has grown by all that was written. Not within a transaction. */
export async function shortenLog(database: Database): Promise<void> {
  await database.em.getConnection().execute("pragma wal_checkpoint(truncate)");
}

/**
 * Begins to load within the caller's transaction: takes the indexes and triggers of posts and votes away. Nobody else
 * sees them gone, and they are back if the transaction fails. The rows have to bring their `vote_count`.
 */
export async function beginBulkLoad(em: EntityManager): Promise<BulkLoad> {
  const transaction = em.getTransactionContext<Knex.Transaction>()!;
  const query = <Row>(sql: string, bindings: Value[] = []): Promise<Row[]> =>
    transaction.raw(sql, bindings).then((rows) => rows as Row[]);

  const taken = await query<{ type: string; name: string; sql: string }>(
    `select type, name, sql from sqlite_master
      where tbl_name in ('posts', 'votes') and type in ('index', 'trigger') and sql is not null order by rowid`,
  );
  for (const { type, name } of taken) await query(`drop ${type} \`${name}\``);
  // Merging parts of the search index as it grows takes as long as all else about it. 4 is the default.
  await query("insert into post_search (post_search, rank) values ('automerge', 0)");

  return {
    async insert(table, columns, rows) {
      const values = columns.map((_, index) => `value ->> ${index}`);
      await query(
        `insert into \`${table}\` (${columns.map((column) => `\`${column}\``).join(", ")})
          select ${values.join(", ")} from jsonb_each(?)`,
        [JSON.stringify(rows)],
      );
    },

    async indexTexts(postIds) {
      const [newest] = await query<{ key: number | null }>("select max(`key`) as `key` from post_search_keys");
      await query("insert into post_search_keys (post_id) select value from json_each(?)", [JSON.stringify(postIds)]);
      await query(
        "insert into post_search (rowid, title, content) select `key`, title, content from post_search_source where `key` > ?",
        [newest?.key ?? 0],
      );
    },

    async restore(step) {
      await query("insert into post_search (post_search, rank) values ('automerge', 4)");
      for (const [done, { sql }] of taken.entries()) {
        step(done, taken.length);
        await query(sql);
      }
    },
  };
}
