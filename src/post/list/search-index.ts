import type { EntityManager } from "@mikro-orm/core";
import type { SqlEntityManager } from "@mikro-orm/knex";

import type { Dialect } from "../../database/dialect.js";
import type { Transaction } from "../../database/transaction.js";
import { tsvectorOf } from "./search-words.js";

/** Lets the search find a post by its text, within the transaction that stores it. SQLite's triggers do so themselves. */
export async function indexPost(
  em: EntityManager,
  { name }: Dialect,
  { id, title, content }: { readonly id: string; readonly title: string; readonly content: string },
): Promise<void> {
  if (name === "sqlite") return;
  const sqlEm = em as SqlEntityManager;
  await sqlEm.getConnection().execute(
    "insert into post_search (post_id, words) values (?, ?::tsvector) on conflict (post_id) do update set words = excluded.words",
    [id, tsvectorOf(title, content)],
    "run",
    sqlEm.getTransactionContext(),
  );
}

/**
 * Makes the search index anew from the posts, in one transaction. Triggers keep it in step, so this is for what went
 * around them: a file repaired by hand, a table copied from elsewhere.
 *
 * @returns how many posts it holds.
 */
export function rebuildSearch(transaction: Transaction): Promise<number> {
  return transaction(async (em) => {
    const run = (statement: string) => em.getConnection().execute(statement, [], "all", em.getTransactionContext());
    await run("delete from post_search_keys where post_id not in (select id from posts)");
    await run(
      "insert into post_search_keys (post_id) select id from posts where id not in (select post_id from post_search_keys) order by id",
    );
    await run("insert into post_search (post_search) values ('rebuild')");
    const [row] = (await run("select count(*) as posts from post_search_keys")) as { posts: number }[];
    return row!.posts;
  });
}
