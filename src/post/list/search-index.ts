import type { EntityManager } from "@mikro-orm/core";
import type { SqlEntityManager } from "@mikro-orm/knex";

import type { Dialect } from "../../database/dialect.js";
import type { Transaction } from "../../database/transaction.js";
import { searchVectorOf } from "../search-vector.js";

/** Lets the search find a post by its text, within the transaction that stores it. SQLite's triggers do so themselves. */
export async function indexPost(
  em: EntityManager,
  { name }: Dialect,
  { id, title, content }: { readonly id: string; readonly title: string; readonly content: string },
): Promise<void> {
  if (name === "sqlite") return;
  const sqlEm = em as SqlEntityManager;
  await sqlEm
    .getConnection()
    .execute(
      "insert into post_search (post_id, words) values (?, ?::tsvector) on conflict (post_id) do update set words = excluded.words",
      [id, searchVectorOf(title, content)],
      "run",
      sqlEm.getTransactionContext(),
    );
}

/**
 * Makes the search index anew from the posts, in one transaction. It is kept in step as posts change, so this is for what
 * went around that: a file repaired by hand, a table copied from elsewhere.
 *
 * @returns how many posts it holds.
 */
export function rebuildSearch(transaction: Transaction): Promise<number> {
  return transaction(async (em, { name }) => {
    const run: Run = (statement, values = []) =>
      (em as SqlEntityManager).getConnection().execute(statement, [...values], "all", em.getTransactionContext());
    return name === "sqlite" ? rebuildFts5(run) : rebuildVectors(run);
  });
}

type Run = <Row>(statement: string, values?: readonly (string | number)[]) => Promise<Row[]>;

async function rebuildFts5(run: Run): Promise<number> {
  await run("delete from post_search_keys where post_id not in (select id from posts)");
  await run(
    "insert into post_search_keys (post_id) select id from posts where id not in (select post_id from post_search_keys) order by id",
  );
  await run("insert into post_search (post_search) values ('rebuild')");
  const [row] = await run<{ posts: number }>("select count(*) as posts from post_search_keys");
  return row!.posts;
}

const postsAtOnce = 1000;

async function rebuildVectors(run: Run): Promise<number> {
  await run("delete from post_search");
  let after = "";
  for (let made = 0; ;) {
    const posts = await run<{ id: string; title: string; content: string }>(
      "select id, title, content from posts where id > ? order by id limit ?",
      [after, postsAtOnce],
    );
    if (posts.length === 0) return made;
    const rows = posts.map(({ id, title, content }) => [id, searchVectorOf(title, content)]);
    await run(
      "insert into post_search (post_id, words) select value ->> 0, (value ->> 1)::tsvector from json_array_elements(?::json)",
      [JSON.stringify(rows)],
    );
    made += posts.length;
    after = posts.at(-1)!.id;
  }
}
