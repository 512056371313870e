import { expect, onTestFinished, test } from "vitest";

import { openDatabase, type Database } from "../../../src/database/database.js";
import { entities } from "../../../src/graphql/schema.js";
import type { Listing } from "../../../src/features/post/list/listing.js";
import { OrderDirection } from "../../../src/kit/paging/page-request.js";
import { bestMatchFirst, keyColumns, PostOrderField } from "../../../src/features/post/list/order.js";
import { PostStatus } from "../../../src/features/post/post-publication.js";
import { countsStatement, pagesStatement, pageStatement } from "../../../src/features/post/list/page.statements.js";
import { searchCtes } from "../../../src/features/post/search/search.statements.js";
import { visibilityScopes } from "../../../src/features/post/post-visibility.js";
import { everything } from "../../support/reads.js";
import type { Sql } from "../../../src/database/sql.js";

const now = new Date(5_000_000);
const reading = { scopes: visibilityScopes("user_1", now), viewerId: "user_1", now };

async function open(): Promise<Database> {
  const database = await openDatabase("sqlite::memory:", entities);
  onTestFinished(() => database.close(true));
  return database;
}

/** Returns the plan to find posts, without the look-ups that then read the rows of a page by their ids. */
async function planOf(database: Database, statement: Sql): Promise<string[]> {
  const { text, values } = statement.in(database.engine.dialect);
  const rows = await database.em
    .getConnection()
    .execute<{ detail: string }[]>(`explain query plan ${text}`, [...values]);
  return rows.map(({ detail }) => detail).filter((detail) => / p .*INDEX (?!sqlite_autoindex)|SCAN p$/.test(detail));
}

/** Creates posts in every state, and statistics with which the planner might choose other plans. */
async function analyse(database: Database): Promise<void> {
  const run = (statement: string) => database.em.getConnection().execute(statement);
  for (let user = 0; user < 5; user += 1)
    await run(`insert into users values ('user_${user}', 'n', 'e${user}', 'e${user}', 'h', 0, null)`);
  await run(
    `with recursive n(i) as (select 1 union all select i + 1 from n where i < 2000)
     insert into posts (id, author_id, title, title_key, content, published_at, listed_at, created_at, updated_at, vote_count, version)
     select 'post_' || printf('%026d', i), 'user_' || (i % 5), 't', 't' || (i % 7), 'c',
       case when i % 10 > 0 then i * 5000 end, i * 5000, i * 4000, i * 6000, i % 5, 1 from n`,
  );
  await run("analyze");
}

const column = (field: PostOrderField) => keyColumns[field]!;
const place = (field: PostOrderField) => ({ key: field === PostOrderField.TITLE ? "t3" : 4_000_000, id: "post_1" });

type List = { readonly of: string; readonly authorIds?: string[]; readonly status?: PostStatus };
const lists: List[] = [
  { of: "all" },
  { of: "an author's", authorIds: ["user_2"] },
  { of: "published ones", status: PostStatus.PUBLISHED },
  { of: "drafts", status: PostStatus.DRAFT },
  { of: "scheduled ones", status: PostStatus.SCHEDULED },
];
const cases = Object.values(PostOrderField).flatMap((field) => lists.map((list) => ({ field, ...list })));

test.each(cases)("seeks to any page by $field of $of", async ({ field, authorIds, status }) => {
  const key = column(field);
  const byDate = field === PostOrderField.PUBLISHED_AT;
  const author = authorIds === undefined ? "" : "author_id=? AND ";
  const published = (bound: string) =>
    `SEARCH p USING INDEX posts_${authorIds ? "author_" : ""}dated_${key}_index (${author}${bound})`;
  // A later page starts at its cursor without reading the posts before it.
  const expected: [PostStatus, string][] = [
    [PostStatus.PUBLISHED, published(`(${key},id)<(?,?)`)],
    [PostStatus.DRAFT, `SEARCH p USING INDEX posts_author_drafts_${key}_index (author_id=? AND (${key},id)<(?,?))`],
    // Along the index of dates, so that the author's published ones are not read.
    [
      PostStatus.SCHEDULED,
      `SEARCH p USING INDEX posts_author_dated_listed_at_index (author_id=? AND ${byDate ? "(listed_at,id)>(?,?) AND (listed_at,id)<(?,?)" : "listed_at>?"})`,
    ],
  ];
  const wanted = expected.filter(([of]) => status === undefined || of === status).map(([, plan]) => plan);
  const listing: Listing = { order: { field, direction: OrderDirection.DESC }, status };
  const request = { size: 20, fromEnd: false, offset: 0 };
  type Page = (after?: ReturnType<typeof place>) => Sql;
  const inTwoSteps: Page = (after) =>
    pagesStatement({ reading, listing, request: { ...request, after }, authorIds }, { ...everything, room: 1000 });
  const atOneGo: Page = (after) =>
    pageStatement({ reading, listing, request: { ...request, after } }, { ...everything, roomOfEach: 1000 });
  const names = (plans: string[]) => plans.map((plan) => /posts_\w+/.exec(plan)?.[0]);

  const database = await open();
  for (const prepare of [async () => {}, () => analyse(database)]) {
    await prepare();
    for (const page of authorIds === undefined ? [inTwoSteps, atOneGo] : [inTwoSteps]) {
      const further = await planOf(database, page(place(field)));
      expect(further.slice(0, wanted.length)).toEqual(wanted);
      // The other scans find out whether there are posts before the page, along the same indexes.
      expect(names(further.slice(wanted.length))).toEqual(names(wanted));
      expect(names(await planOf(database, page()))).toEqual(names(wanted));
    }
  }
});

test("counts along the index of dates", async () => {
  const database = await open();
  const listing: Listing = { order: { field: PostOrderField.TITLE, direction: OrderDirection.ASC } };
  for (const prepare of [async () => {}, () => analyse(database)]) {
    await prepare();
    expect(await planOf(database, countsStatement({ reading, listing }))).toEqual([
      expect.stringContaining("posts_dated_listed_at_index ((listed_at,id)>(?,?) AND (listed_at,id)<(?,?))"),
      expect.stringContaining("posts_author_drafts_listed_at_index (author_id=? AND (listed_at,id)>(?,?))"),
      expect.stringContaining("posts_author_dated_listed_at_index (author_id=? AND (listed_at,id)>(?,?))"),
    ]);
  }
});

test("reads a page without a temporary table, which would cost more than the page", async () => {
  const database = await open();
  await analyse(database);
  for (const field of Object.values(PostOrderField)) {
    const listing: Listing = { order: { field, direction: OrderDirection.DESC } };
    const { text, values } = pageStatement(
      { reading, listing, request: { size: 20, fromEnd: false, offset: 0, after: place(field) } },
      { ...everything, roomOfEach: 1000 },
    ).in(database.engine.dialect);
    const plan = await database.em
      .getConnection()
      .execute<{ detail: string }[]>(`explain query plan ${text}`, [...values]);
    expect(plan.map(({ detail }) => detail).join("\n")).not.toMatch(/MATERIALIZE|TEMP B-TREE FOR (?!ORDER BY)/);
  }
});

test("finds posts by their creation along an index of the default order", async () => {
  const database = await open();
  for (const prepare of [async () => {}, () => analyse(database)]) {
    await prepare();
    for (const direction of Object.values(OrderDirection)) {
      const listing: Listing = {
        order: { field: PostOrderField.PUBLISHED_AT, direction },
        createdAfter: new Date(1_000_000),
        createdBefore: new Date(2_000_000),
        status: PostStatus.PUBLISHED,
      };
      const plans = await planOf(
        database,
        pageStatement(
          { reading, listing, request: { size: 20, fromEnd: false, offset: 0 } },
          { ...everything, roomOfEach: 1000 },
        ),
      );
      expect(plans).toEqual([
        expect.stringContaining("posts_dated_listed_at_index ((listed_at,id)>(?,?) AND (listed_at,id)<(?,?))"),
        expect.stringContaining("INDEX posts_dated_apart_index ((listed_at,id)>(?,?) AND (listed_at,id)<(?,?))"),
        expect.stringContaining("INDEX posts_dated_apart_index ((listed_at,id)<(?,?))"),
      ]);
    }
  }
});

test("reads a search's matches from the newest on, and finds 20,000 without sorting", async () => {
  const database = await open();
  for (const prepare of [async () => {}, () => analyse(database)]) {
    await prepare();
    const { text, values } = searchCtes(
      { order: bestMatchFirst, search: { words: [{ text: "oak", isWhole: false }] } },
      reading.scopes,
    ).in(database.engine.dialect);
    const rows = await database.em
      .getConnection()
      .execute<{ detail: string }[]>(`explain query plan with ${text} unit as (select 1) select * from newest`, [
        ...values,
      ]);
    const plan = rows.map(({ detail }) => detail).join("\n");
    expect(plan).toMatch(/SCAN s VIRTUAL TABLE INDEX/);
    expect(plan).not.toMatch(/TEMP B-TREE/);
  }
});
