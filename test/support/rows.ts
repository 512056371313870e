import { types, type FieldDef } from "pg";
import { inject, onTestFinished } from "vitest";

import type { Database } from "../../src/database/database.js";
import { transactionsOn } from "../../src/database/transaction.js";
import { indexPosts as indexTexts, rebuildSearch } from "../../src/features/post/search/search-index.js";

const bigint: number = types.builtins.INT8;

type Value = string | number | null;
/** The drivers' results: PostgreSQL's, SQLite's for statements with rows, and SQLite's for those without. */
type Answered = { readonly rows: Row[]; readonly fields: readonly FieldDef[] } | Row[] | { readonly changes: number };
type Row = Record<string, any>;

/** Runs plain SQL directly on the database, and returns the rows. Whole numbers are numbers on both systems. */
export async function rows(database: Database, statement: string, values: readonly Value[] = []): Promise<Row[]> {
  const result: Answered = await database.em
    .getConnection()
    .getKnex()
    .raw(statement, [...values]);
  if (Array.isArray(result)) return result;
  if ("changes" in result) return [];
  // The driver returns numbers of eight bytes as text.
  const long = result.fields.filter(({ dataTypeID }) => dataTypeID === bigint).map(({ name }) => name);
  for (const row of result.rows) for (const name of long) if (row[name] !== null) row[name] = Number(row[name]);
  return result.rows;
}

/** Renames a table until the test is over, and returns the database's error for queries of it. */
export async function hideTable(database: Database, table: string): Promise<string> {
  await rows(database, `alter table ${table} rename to hidden`);
  onTestFinished(async () => void (await rows(database, `alter table hidden rename to ${table}`)));
  return inject("database") === "postgresql" ? `relation "${table}" does not exist` : `no such table: ${table}`;
}

/** Adds copies of a post in one statement, since creating many one by one takes long. */
export async function copyPost(database: Database, id: string, copies: number): Promise<void> {
  const columns = "author_id, title, title_key, content, published_at, listed_at, created_at, updated_at, version";
  // A number padded with zeros, in each database's SQL.
  const number = "substr(cast(10000000000000000 + n as text), 2)";
  await rows(
    database,
    `insert into posts (id, ${columns})
      with recursive numbers(n) as (select 1 union all select n + 1 from numbers where n < ${copies})
      select 'post_0000000000' || ${number}, ${columns} from numbers cross join posts where id = ?`,
    [id],
  );
  if (inject("database") === "postgresql") await rebuildSearch(transactionsOn(database)({ clientKey: "tests" }));
}

/** Adds posts that were inserted directly to the search index. */
export const indexPosts = (
  database: Database,
  posts: readonly { readonly id: string; readonly title: string; readonly content: string }[],
): Promise<void> =>
  transactionsOn(database)({ clientKey: "tests" })((em, dialect) =>
    indexTexts(
      em,
      dialect,
      posts.map((post) => ({ ...post, version: 1 })),
    ),
  );

/** Runs `work` while another transaction locks out all writers. */
export function whileOthersWrite<Result>(database: Database, work: () => Promise<Result>): Promise<Result> {
  return database.em.fork().transactional(async (em) => {
    // SQLite allows one writer at a time, from the beginning of its transaction.
    if (inject("database") === "postgresql") await em.execute("lock table users, sessions, posts in exclusive mode");
    return work();
  });
}
