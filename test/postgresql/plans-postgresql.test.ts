import { Client } from "pg";
import { afterAll, beforeAll, describe, expect, test } from "vitest";

import { openDatabase } from "../../src/database/database.js";
import { postgresqlDialect } from "../../src/database/postgresql/dialect.js";
import type { Sql } from "../../src/database/sql.js";
import { OrderDirection } from "../../src/kit/paging/page-request.js";
import { bestMatchFirst, keyColumns, PostOrderField } from "../../src/features/post/list/order.js";
import { countsStatement, pagesStatement, pageStatement } from "../../src/features/post/list/page.statements.js";
import type { Listing } from "../../src/features/post/list/listing.js";
import { PostStatus } from "../../src/features/post/post-publication.js";
import { visibilityScopes } from "../../src/features/post/post-visibility.js";
import { entities } from "../../src/graphql/schema.js";
import { newPostgresDatabase } from "../support/postgres.js";
import { everything } from "../support/reads.js";

const now = new Date(20_000_000);
const reading = { scopes: visibilityScopes("user_1", now), viewerId: "user_1", now };

let client: Client;
const cleanUps: (() => Promise<void>)[] = [];

/** Creates posts of many authors in every state. */
beforeAll(async () => {
  const url = await newPostgresDatabase((cleanUp) => cleanUps.push(cleanUp));
  await (await openDatabase(url, entities)).close(true);
  client = new Client({
    connectionString: url,
    options: "-c plan_cache_mode=force_generic_plan -c jit=off -c max_parallel_workers_per_gather=0",
  });
  await client.connect();
  await client.query("insert into users select 'user_' || i, 'n', 'e', 'e' || i, 'h', 0 from generate_series(0, 49) i");
  await client.query(
    `insert into posts (id, author_id, title, title_key, content, published_at, listed_at, created_at, updated_at, vote_count, version)
     select 'post_' || lpad(i::text, 26, '0'), 'user_' || (i % 50), 't', 't' || (i % 7), repeat('c', 1000),
       case when i % 11 > 0 then i * 5000 end, i * 5000, i * 4000, i * 6000, i % 5, 1 from generate_series(1, 10000) i`,
  );
});
afterAll(async () => {
  await client.end();
  for (const cleanUp of cleanUps) await cleanUp();
});

/** A scan in a plan, with the types of the nodes above it, the nearest first. */
type Scan = { readonly index: string; readonly condition: string; readonly above: readonly string[] };
type Plan = { readonly [detail: string]: string | undefined } & { readonly Plans?: readonly Plan[] };

/** Returns the scans that find posts, without those that then read the rows of a page by their ids. */
async function scansOf(statement: Sql): Promise<Scan[]> {
  const { text, values } = statement.in(postgresqlDialect);
  let count = 0;
  await client.query(`prepare page as ${text.replaceAll("?", () => `$${(count += 1)}`)}`);
  const { rows } = await client.query(`explain (format json) execute page (${values.map(() => "null").join()})`);
  await client.query("deallocate page");

  const scans: Scan[] = [];
  const walk = (plan: Plan, above: readonly string[]) => {
    const { "Node Type": type = "", "Relation Name": relation, "Index Name": index, Plans = [] } = plan;
    const condition = plan["Index Cond"] ?? "";
    // The scan that makes a bitmap has an index and no table.
    if (relation === "posts" && type !== "Bitmap Heap Scan") scans.push({ index: index ?? type, condition, above });
    if (type === "Bitmap Index Scan") scans.push({ index: index!, condition, above });
    for (const part of Plans) walk(part, [type, ...above]);
  };
  walk(rows[0]["QUERY PLAN"][0].Plan, []);
  return scans.filter(({ index }) => index !== "posts_pkey");
}

const place = (field: PostOrderField) => ({ key: field === PostOrderField.TITLE ? "t3" : 4_000_000, id: "post_1" });
const request = { size: 20, fromEnd: false, offset: 0 };

type List = { readonly of: string; readonly authorIds?: string[]; readonly status?: PostStatus };
const lists: List[] = [
  { of: "all" },
  { of: "an author's", authorIds: ["user_2"] },
  { of: "published ones", status: PostStatus.PUBLISHED },
  { of: "drafts", status: PostStatus.DRAFT },
  { of: "scheduled ones", status: PostStatus.SCHEDULED },
];
const cases = Object.values(PostOrderField).flatMap((field) =>
  Object.values(OrderDirection).flatMap((direction) => lists.map((list) => ({ field, direction, ...list }))),
);

// The planner prefers an index that has all columns once a table has been vacuumed: these run twice.
const vacuumed = [
  { table: "a new table", statement: "analyze" },
  { table: "a vacuumed table", statement: "vacuum analyze" },
];
describe.each(vacuumed)("in $table", ({ statement }) => {
  beforeAll(async () => void (await client.query(statement)));

  test.each(cases)("seeks to any page by $field $direction of $of", async (list) => {
    const { field, direction, authorIds, status } = list;
    const key = keyColumns[field]!;
    const inOrder: [PostStatus, string][] = [
      [PostStatus.PUBLISHED, `posts_${authorIds ? "author_" : ""}dated_${key}_index`],
      [PostStatus.DRAFT, `posts_author_drafts_${key}_index`],
    ];
    // Along the index of dates, so that the author's published ones are not read.
    const scheduled: [PostStatus, string] = [PostStatus.SCHEDULED, "posts_author_dated_listed_at_index"];
    const namesOf = (indexes: [PostStatus, string][]) =>
      new Set(indexes.filter(([of]) => status === undefined || of === status).map(([, index]) => index));
    const wanted = namesOf([...inOrder, scheduled]);
    const listing: Listing = { order: { field, direction }, status };
    type Page = (after?: ReturnType<typeof place>) => Sql;
    const inTwoSteps: Page = (after) =>
      pagesStatement({ reading, listing, request: { ...request, after }, authorIds }, { ...everything, room: 1000 });
    const atOneGo: Page = (after) =>
      pageStatement({ reading, listing, request: { ...request, after } }, { ...everything, roomOfEach: 1000 });

    for (const page of authorIds === undefined ? [inTwoSteps, atOneGo] : [inTwoSteps]) {
      // The first page, and a later one, which starts at its cursor without reading the posts before it.
      for (const after of [undefined, place(field)]) {
        const scans = await scansOf(page(after));
        expect(new Set(scans.map(({ index }) => index))).toEqual(wanted);
        for (const { index, condition, above } of scans) {
          if (!namesOf(inOrder).has(index)) continue;
          // The first rows are taken in the order of the index.
          expect(above.slice(0, above.indexOf("Limit") + 1)).not.toContain("Sort");
          if (after !== undefined) expect(condition).toContain(`ROW(${key}, id)`);
        }
      }
    }
  });

  test("counts along the index of dates", async () => {
    const listing: Listing = { order: { field: PostOrderField.TITLE, direction: OrderDirection.ASC } };
    const scans = await scansOf(countsStatement({ reading, listing }));
    expect(scans.map(({ index }) => index)).toEqual([
      "posts_dated_listed_at_index",
      "posts_author_drafts_listed_at_index",
      "posts_author_dated_listed_at_index",
    ]);
    for (const { condition } of scans) expect(condition).toContain("ROW(listed_at, id)");
  });

  test.each(Object.values(OrderDirection))(
    "finds posts by their creation along an index of the order by date %s",
    async (direction) => {
      const listing: Listing = {
        order: { field: PostOrderField.PUBLISHED_AT, direction },
        createdAfter: new Date(1_000_000),
        createdBefore: new Date(2_000_000),
        status: PostStatus.PUBLISHED,
      };
      const scans = await scansOf(pageStatement({ reading, listing, request }, { ...everything, roomOfEach: 1000 }));
      expect(scans.map(({ index }) => index)).toEqual([
        "posts_dated_listed_at_index",
        "posts_dated_apart_index",
        "posts_dated_apart_index",
      ]);
      for (const { condition } of scans) expect(condition).toMatch(/ROW\(.*listed_at.*, id\) [<>]=? ROW/);
    },
  );

  test("reads the posts with a common word in the order of their creation, without sorting them", async () => {
    const listing: Listing = { order: bestMatchFirst, search: { words: [{ text: "oak", isWhole: false }] } };
    const scans = await scansOf(pageStatement({ reading, listing, request }, { ...everything, roomOfEach: 1000 }));
    const walk = scans.find(({ index }) => index === "posts_dated_created_at_index");
    expect(walk?.above.slice(0, 2)).toEqual(["Limit", "Result"]);
  });
});
