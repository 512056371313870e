import type { SqlEntityManager } from "@mikro-orm/knex";

import type { Dialect } from "../../database/dialect.js";
import type { Transaction } from "../../database/transaction.js";
import { searchVectorOf } from "../search-vector.js";

type Text = { readonly id: string; readonly title: string; readonly content: string };

/** Lets the search find posts by their texts, within the transaction that stores them. SQLite's triggers do so themselves. */
export async function indexPosts(em: SqlEntityManager, { name }: Dialect, posts: readonly Text[]): Promise<void> {
  if (name === "sqlite") return;
  await em.execute(
    `insert into post_search (post_id, words) select value ->> 0, (value ->> 1)::tsvector from json_array_elements(?::json)
      on conflict (post_id) do update set words = excluded.words`,
    [JSON.stringify(posts.map(({ id, title, content }) => [id, searchVectorOf(title, content)]))],
    "run",
  );
}

/**
 * Makes the search index anew from the posts, in one transaction. It is kept in step as posts change, so this is for what
 * went around that: a file repaired by hand, a table copied from elsewhere.
 *
 * @returns how many posts it holds.
 */
export function rebuildSearch(transaction: Transaction): Promise<number> {
  return transaction((em, dialect) => (dialect.name === "sqlite" ? rebuildFts5(em) : rebuildVectors(em, dialect)));
}

async function rebuildFts5(em: SqlEntityManager): Promise<number> {
  await em.execute("delete from post_search_keys where post_id not in (select id from posts)");
  await em.execute(
    "insert into post_search_keys (post_id) select id from posts where id not in (select post_id from post_search_keys) order by id",
  );
  await em.execute("insert into post_search (post_search) values ('rebuild')");
  const [row] = await em.execute<{ posts: number }[]>("select count(*) as posts from post_search_keys");
  return row!.posts;
}

const postsAtOnce = 1000;

/** Locks each post before its words, as everybody does who changes one. */
async function rebuildVectors(em: SqlEntityManager, dialect: Dialect): Promise<number> {
  let after = "";
  for (let made = 0; ;) {
    const posts = await em.execute<Text[]>(
      "select id, title, content from posts where id > ? order by id limit ? for share",
      [after, postsAtOnce],
    );
    if (posts.length === 0) return made;
    await indexPosts(em, dialect, posts);
    made += posts.length;
    after = posts.at(-1)!.id;
  }
}
