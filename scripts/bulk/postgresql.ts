import { searchVectorOf } from "../../src/post/search-vector.js";

import type { Bulk, Value } from "./load.js";

export const bulkPostgresql: Bulk = {
  tune: async () => {},

  // Until the server has looked at the new rows, it plans as if there were none, and looks each up that an index has.
  async finish(database) {
    await database.em.getConnection().execute("vacuum (analyze)");
  },

  async begin(em) {
    const insert = async (table: string, columns: readonly string[], rows: readonly (readonly Value[])[]) => {
      const records = rows.map((row) => Object.fromEntries(columns.map((column, index) => [column, row[index]])));
      const list = columns.join(", ");
      await em.execute(
        `insert into ${table} (${list}) select ${list} from json_populate_recordset(null::${table}, ?::json)`,
        [JSON.stringify(records)],
      );
    };

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
