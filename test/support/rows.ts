import { types, type FieldDef } from "pg";
import { inject, onTestFinished } from "vitest";

import type { Database } from "../../src/database/database.js";
import { transactionsOn } from "../../src/database/transaction.js";
import { indexPosts as indexTexts, rebuildSearch } from "../../src/features/post/search/search-index.js";

const bigint: number = types.builtins.INT8;

type Value = string | number | null;
/** What the drivers answer: PostgreSQL's always, SQLite's to what has rows and to what has none. */
type Answered = { readonly rows: Row[]; readonly fields: readonly FieldDef[] } | Row[] | { readonly changes: number };
type Row = Record<string, any>;

/** Runs plain SQL past all that the server does, and gives the rows; whole numbers are numbers, whatever the database. */
export async function rows(database: Database, statement: string, values: readonly Value[] = []): Promise<Row[]> {
  const result: Answered = await database.em
    .getConnection()
    .getKnex()
    .raw(statement, [...values]);
  if (Array.isArray(result)) return result;
  if ("changes" in result) return [];
  // The driver gives those of eight bytes as text.
  const long = result.fields.filter(({ dataTypeID }) => dataTypeID === bigint).map(({ name }) => name);
  for (const row of result.rows) for (const name of long) if (row[name] !== null) row[name] = Number(row[name]);
  return result.rows;
}

/** Takes a table away until the test is over, and gives what the database says to who asks for it. */
export async function hideTable(database: Database, table: string): Promise<string> {
  await rows(database, `alter table ${table} rename to hidden`);
  onTestFinished(async () => void (await rows(database, `alter table hidden rename to ${table}`)));
  return inject("database") === "postgresql" ? `relation "${table}" does not exist` : `no such table: ${table}`;
}

/** Adds copies of a post, at once: so many would take long to create one by one. */
export async function copyPost(database: Database, id: string, copies: number): Promise<void> {
  const columns = "author_id, title, title_key, content, published_at, listed_at, created_at, updated_at, version";
  // A number with zeros before it, as each database writes it.
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

/** Lets the search find posts that were written past the server. */
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

/** Does `work` while another transaction lets nobody write. */
export function whileOthersWrite<Result>(database: Database, work: () => Promise<Result>): Promise<Result> {
  return database.em.fork().transactional(async (em) => {
    // SQLite has one writer at a time, from the beginning of its transaction.
    if (inject("database") === "postgresql") await em.execute("lock table users, sessions, posts in exclusive mode");
    return work();
  });
}
