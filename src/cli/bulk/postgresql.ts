import type { Knex } from "@mikro-orm/knex";
import type { Client } from "pg";

import { searchVectorOf } from "../../features/post/search/search-vector.js";

import { copyIn } from "./copy-in.js";
import type { Bulk, BulkLoad } from "./bulk.js";

export const bulkPostgresql: Bulk = {
  tune: async () => {},

  // Without new statistics the planner assumes empty tables; without a vacuum, index-only scans still read each row.
  async finish(database) {
    await database.em.getConnection().execute("vacuum (analyze)");
  },

  async begin(em) {
    // The transaction's own connection.
    const client = (await em.getTransactionContext<Knex.Transaction>()!.client.acquireConnection()) as Client;
    const insert: BulkLoad["insert"] = (table, columns, rows) => copyIn(client, table, columns, rows);

    await em.execute("set local maintenance_work_mem = '256MB'");
    const indexes = await em.execute<{ name: string; definition: string }[]>(
      `select indexname as name, indexdef as definition from pg_indexes
        where schemaname = current_schema() and tablename in ('posts', 'votes', 'post_search')
          and indexname not in (select conname from pg_constraint)`,
    );
    for (const { name } of indexes) await em.execute(`drop index ${name}`);
    await em.execute("alter table votes disable trigger user");

    return {
      insert,
      indexTexts: (posts) =>
        insert(
          "post_search",
          ["post_id", "words"],
          posts.map(({ id, title, content }) => [id, searchVectorOf(title, content)]),
        ),
      async restore(step) {
        await em.execute("alter table votes enable trigger user");
        for (const [done, { definition }] of indexes.entries()) {
          step(done, indexes.length);
          await em.execute(definition);
        }
      },
    };
  },
};
