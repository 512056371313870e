import type { EntityManager } from "@mikro-orm/core";
import type { Knex } from "@mikro-orm/knex";

import { fts5TextsOf } from "../../features/post/search/search-index.js";

import type { Bulk, Value } from "./bulk.js";

// The whole service may have 1 GB of memory.
const cacheKibibytes = 64 * 1024;

export const bulkSqlite: Bulk = {
  // More memory, and a second thread to sort with.
  async tune(database) {
    const connection = database.em.getConnection();
    await connection.execute(`pragma cache_size = -${cacheKibibytes}`);
    await connection.execute("pragma threads = 1");
  },

  // The write-ahead log has grown by everything that was written.
  async finish(database) {
    await database.em.getConnection().execute("pragma wal_checkpoint(truncate)");
  },

  begin,
};

async function begin(em: EntityManager): ReturnType<Bulk["begin"]> {
  const transaction = em.getTransactionContext<Knex.Transaction>()!;
  const query = <Row>(sql: string, bindings: Value[] = []): Promise<Row[]> =>
    transaction.raw(sql, bindings).then((rows) => rows as Row[]);

  const taken = await query<{ type: string; name: string; sql: string }>(
    `select type, name, sql from sqlite_master
      where tbl_name in ('posts', 'votes') and type in ('index', 'trigger') and sql is not null order by rowid`,
  );
  for (const { type, name } of taken) await query(`drop ${type} \`${name}\``);
  // Merging segments of the search index while it grows takes as long as the rest of indexing. The default is 4.
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

    async indexTexts(posts) {
      const keys = posts.map(({ id, version }) => [id, version]);
      await query(
        "insert into post_search_keys (post_id, words_of) select value ->> 0, value ->> 1 from json_each(?)",
        [JSON.stringify(keys)],
      );
      await query(
        `insert into post_search (rowid, title, content)
          select k.key, value ->> 1, value ->> 2 from json_each(?) cross join post_search_keys k on k.post_id = value ->> 0`,
        [JSON.stringify(posts.map((post) => [post.id, ...fts5TextsOf(post)]))],
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
