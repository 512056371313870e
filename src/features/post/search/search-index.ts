import type { SqlEntityManager } from "@mikro-orm/knex";

import type { Dialect } from "../../../database/sql.js";
import type { Transaction } from "../../../database/transaction.js";
import { postWordsOf, rulesMark, searchVectorOf } from "./search-vector.js";

type Text = { readonly id: string; readonly title: string; readonly content: string };
type TextOfVersion = Text & { readonly version: number };

/**
 * Lets the search find a post by its text of this version, within the transaction that stores it.
 *
 * @param store stores the post.
 */
export async function withWords<Result>(
  em: SqlEntityManager,
  dialect: Dialect,
  post: TextOfVersion,
  store: () => Promise<Result>,
): Promise<Result> {
  // SQLite's triggers index a text as it is, unless its words are there already; PostgreSQL's rows refer to their posts.
  if (dialect.name === "sqlite") await indexPosts(em, dialect, [post]);
  const stored = await store();
  if (dialect.name === "postgresql") await indexPosts(em, dialect, [post]);
  return stored;
}

/** Lets the search find posts by their texts. */
export function indexPosts(em: SqlEntityManager, { name }: Dialect, posts: readonly TextOfVersion[]): Promise<void> {
  return name === "sqlite" ? indexInFts5(em, posts) : indexInVectors(em, posts);
}

/** What SQLite's index takes of a post: its words with spaces between them, title and content apart. */
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
const postsAtOnce = 100;

/**
 * Indexes posts again whose words were made by other rules: by a server of a previous release, or by SQLite's triggers
 * for one. Takes a few at a time, so that it holds up nobody who writes meanwhile.
 *
 * @returns how many; 0 if there are none left that nobody else is changing.
 */
export function renewWords(transaction: Transaction): Promise<number> {
  return transaction(async (em, dialect) => {
    const posts = await em.execute<TextOfVersion[]>(
      dialect.name === "sqlite"
        ? `select p.id, p.title, p.content, p.version from post_search_keys k cross join posts p on p.id = k.post_id
            where k.words_of is null limit ${postsAtOnce}`
        : // The post first, as those who change it do.
          `select p.id, p.title, p.content, p.version from posts p
            where p.id = any (array(select s.post_id from post_search s
              where not (s.words @@ '''${rulesMark}'''::tsquery) limit ${postsAtOnce}))
            order by p.id for no key update of p skip locked`,
    );
    if (posts.length > 0) await indexPosts(em, dialect, posts);
    return posts.length;
  });
}

/**
 * Rebuilds the search index from the posts, in one transaction. It is kept in step as posts change, so this is for what
 * went around that: a file repaired by hand, a table copied from elsewhere.
 *
 * @returns how many posts it holds.
 */
export function rebuildSearch(transaction: Transaction): Promise<number> {
  return transaction(async (em, dialect) => {
    if (dialect.name === "sqlite") {
      await em.execute("delete from post_search_keys where post_id not in (select id from posts)");
      await em.execute("insert into post_search (post_search) values ('delete-all')");
    }
    // Locks each post before its words, as everybody does who changes one.
    const lock = dialect.name === "sqlite" ? "" : "for share";
    let after = "";
    for (let made = 0; ;) {
      const posts = await em.execute<TextOfVersion[]>(
        `select id, title, content, version from posts where id > ? order by id limit ? ${lock}`,
        [after, postsAtOnce],
      );
      if (posts.length === 0) return made;
      await indexPosts(em, dialect, posts);
      made += posts.length;
      after = posts.at(-1)!.id;
    }
  });
}
