import type { SqlEntityManager } from "@mikro-orm/knex";

import type { Dialect } from "../../../database/sql.js";
import type { Transaction } from "../../../database/transaction.js";
import { postWordsOf, rulesMark, searchVectorOf } from "./search-vector.js";

type Text = { readonly id: string; readonly title: string; readonly content: string };
type TextOfVersion = Text & { readonly version: number };

/**
 * Indexes a post by its text of this version, within the transaction that stores it.
 *
 * @param store stores the post.
 */
export async function withWords<Result>(
  em: SqlEntityManager,
  dialect: Dialect,
  post: TextOfVersion,
  store: () => Promise<Result>,
): Promise<Result> {
  // SQLite first: its triggers index the raw text of a post without words. PostgreSQL last: its rows refer to their posts.
  if (dialect.name === "sqlite") await indexPosts(em, dialect, [post]);
  const stored = await store();
  if (dialect.name === "postgresql") await indexPosts(em, dialect, [post]);
  return stored;
}

/** Indexes posts by their texts. */
export function indexPosts(em: SqlEntityManager, { name }: Dialect, posts: readonly TextOfVersion[]): Promise<void> {
  return name === "sqlite" ? indexInFts5(em, posts) : indexInVectors(em, posts);
}

/** Returns the texts for SQLite's index: the words of title and content, separated by spaces. */
export function fts5TextsOf(post: Text): readonly [title: string, content: string] {
  const words = postWordsOf(post.title, post.content);
  return [words.title.join(" "), words.content.join(" ")];
}

async function indexInFts5(em: SqlEntityManager, posts: readonly TextOfVersion[]): Promise<void> {
  const run = (statement: string, values: unknown) => em.execute(statement, [JSON.stringify(values)], "run");
  const keys = posts.map(({ id, version }) => [id, version]);
  await run(
    `insert into post_search_keys (post_id, words_of) select value ->> 0, value ->> 1 from json_each(?) where true
      on conflict (post_id) do update set words_of = excluded.words_of`,
    keys,
  );
  const texts = posts.map((post) => [post.id, ...fts5TextsOf(post)]);
  await run(
    `insert or replace into post_search (rowid, title, content)
      select k.key, value ->> 1, value ->> 2 from json_each(?) cross join post_search_keys k on k.post_id = value ->> 0`,
    texts,
  );
}

async function indexInVectors(em: SqlEntityManager, posts: readonly Text[]): Promise<void> {
  await em.execute(
    `insert into post_search (post_id, words) select value ->> 0, (value ->> 1)::tsvector from json_array_elements(?::json)
      on conflict (post_id) do update set words = excluded.words`,
    [JSON.stringify(posts.map(({ id, title, content }) => [id, searchVectorOf(title, content)]))],
    "run",
  );
}

// A post may have 400 kB.
const batchSize = 100;

/**
 * Indexes a batch of posts again whose words were made by other rules: by a server of a previous release, or by SQLite's
 * triggers for one. The batch is small, so that other writers don't wait long.
 *
 * @returns how many; 0 if all others are up to date or being changed.
 */
export function renewWords(transaction: Transaction): Promise<number> {
  return transaction(async (em, dialect) => {
    const posts = await em.execute<TextOfVersion[]>(
      dialect.name === "sqlite"
        ? `select p.id, p.title, p.content, p.version from post_search_keys k cross join posts p on p.id = k.post_id
            where k.words_of is null limit ${batchSize}`
        : // Locks the post before its words, as every change of a post does.
          `select p.id, p.title, p.content, p.version from posts p
            where p.id = any (array(select s.post_id from post_search s
              where not (s.words @@ '''${rulesMark}'''::tsquery) limit ${batchSize}))
            order by p.id for no key update of p skip locked`,
    );
    if (posts.length > 0) await indexPosts(em, dialect, posts);
    return posts.length;
  });
}

/**
 * Rebuilds the search index from the posts, in one transaction. Changes of posts keep it up to date, so this is only needed
 * after other changes: a file repaired by hand, a table copied from elsewhere.
 *
 * @returns the number of indexed posts.
 */
export function rebuildSearch(transaction: Transaction): Promise<number> {
  return transaction(async (em, dialect) => {
    if (dialect.name === "sqlite") {
      await em.execute("delete from post_search_keys where post_id not in (select id from posts)");
      await em.execute("insert into post_search (post_search) values ('delete-all')");
    }
    // Locks each post before its words, as every change of a post does.
    const lock = dialect.name === "sqlite" ? "" : "for share";
    let after = "";
    for (let made = 0; ;) {
      const posts = await em.execute<TextOfVersion[]>(
        `select id, title, content, version from posts where id > ? order by id limit ? ${lock}`,
        [after, batchSize],
      );
      if (posts.length === 0) return made;
      await indexPosts(em, dialect, posts);
      made += posts.length;
      after = posts.at(-1)!.id;
    }
  });
}
