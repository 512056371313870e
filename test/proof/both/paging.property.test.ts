import * as fc from "fast-check";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";

import type { Database } from "../../../src/database/database.js";
import { tuples } from "../../../src/database/dialect.js";
import { Sql } from "../../../src/database/sql.js";
import { cursorOf } from "../../../src/kit/paging/cursor.js";
import { OrderDirection, type PageRequest, type Position } from "../../../src/kit/paging/page-request.js";
import type { Page } from "../../../src/kit/paging/page.js";
import type { Listing } from "../../../src/features/post/list/listing.js";
import {
  bestMatchFirst,
  latestFirst,
  positionOfPost,
  PostOrderField,
  type ListOrder,
} from "../../../src/features/post/list/order.js";
import { PostStatus } from "../../../src/features/post/post-publication.js";
import { postsFor, type PostReads } from "../../../src/features/post/list/post.reads.js";
import type { PostType } from "../../../src/features/post/post.type.js";
import { searchOf } from "../../../src/features/post/search/search.js";
import { openReader, type Reader } from "../../../src/database/reader.js";
import { openMigrated } from "../../support/database.js";
import { indexPosts, rows as runOn } from "../../support/rows.js";
import { everything, operationOn } from "../../support/reads.js";
import { titleKeyOf } from "../../../src/features/post/search/title-key.js";

const seed = 20_261_122;
const start = Date.UTC(2026, 10, 22, 9);

/** A post of the model. Dates are milliseconds around `start`. */
type Row = {
  readonly id: string;
  readonly author: string;
  readonly title: string;
  readonly content: string;
  readonly published: number | null;
  readonly created: number;
  readonly updated: number;
  readonly voters: readonly string[];
};

const authors = ["user_a", "user_b", "user_c"];

let database: Database;
let reader: Reader;
const cleanUps: (() => Promise<void>)[] = [];
const execute = (text: string, values: readonly (string | number | null)[] = []) => runOn(database, text, values);

beforeAll(async () => {
  database = await openMigrated((cleanUp) => cleanUps.push(cleanUp));
  reader = await openReader(database, { maxSlowReads: 256 });
  for (const id of authors)
    await execute(
      "insert into users (id, name, email, email_key, password_hash, created_at) values (?, ?, ?, ?, '', ?)",
      [id, `Name of ${id}`, id, id, start],
    );
});
afterAll(async () => {
  await reader.close();
  await database.close(true);
  for (const cleanUp of cleanUps) await cleanUp();
});

/** Members of a JSON list as rows, whose columns are `value ->> 0` and so on. */
const listed = () => tuples(new Sql("?"), new Sql("row")).in(database.engine.dialect).text;

async function insert(rows: readonly Row[]): Promise<void> {
  const values = rows.map(({ id, author, title, content, published, created, updated }) => {
    const listedAt = published ?? created;
    return [id, author, title, titleKeyOf(title), content, published, listedAt, created, updated];
  });
  const dates = [5, 6, 7, 8].map((index) => `cast(value ->> ${index} as bigint)`).join();
  await execute(
    `insert into posts (id, author_id, title, title_key, content, published_at, listed_at, created_at, updated_at, version)
      select value ->> 0, value ->> 1, value ->> 2, value ->> 3, value ->> 4, ${dates}, 1 from ${listed()}`,
    [JSON.stringify(values)],
  );
  await execute(`insert into votes (post_id, user_id) select value ->> 0, value ->> 1 from ${listed()} where true`, [
    JSON.stringify(rows.flatMap(({ id, voters }) => voters.map((voter) => [id, voter]))),
  ]);
  await indexPosts(database, rows);
}

const remove = (id: string) => execute("delete from posts where id = ?", [id]);

const clear = () => execute("delete from posts");
beforeEach(clear);

const readsOf = (viewer: string | undefined, now: number) =>
  postsFor(operationOn(reader, new Date(now)), viewer === undefined ? undefined : { userId: viewer });

/** Reads an author's page with those of other authors, as `User.posts` does, and any other on its own. */
const pageOfAny = (reads: PostReads, listing: Listing, request: PageRequest): Promise<Page<PostType>> =>
  listing.authorId === undefined || listing.search !== undefined
    ? reads.page(listing, request, everything)
    : reads.authorPage(listing.authorId, listing, request, everything);

// The model.

const wordsOf = (text: string) => titleKeyOf(text).split(/\W+/);

/** Returns the sort key of a post: for a search, the points of one of its words. */
function keyOf(row: Row, { field }: ListOrder): number | string {
  if (field === PostOrderField.PUBLISHED_AT) return row.published ?? row.created;
  if (field === PostOrderField.CREATED_AT) return row.created;
  if (field === PostOrderField.UPDATED_AT) return row.updated;
  if (field === PostOrderField.TITLE) return titleKeyOf(row.title);
  if (field === PostOrderField.VOTE_COUNT) return row.voters.length;
  const inTitle = wordsOf(row.title).some((word) => word.startsWith("oak"));
  const whole = [...wordsOf(row.title), ...wordsOf(row.content)].includes("oak");
  return 1 + (inTitle ? 4 : 0) + (whole ? 2 : 0);
}

const placeIn = (row: Row, order: ListOrder): Position => ({ key: keyOf(row, order), id: row.id });

/** Compares numbers by size and texts by their bytes, then ids. The result is reversed if the order is descending. */
function compare(a: Position, b: Position, { direction }: ListOrder): number {
  const keys =
    typeof a.key === "number"
      ? Math.sign(a.key - Number(b.key))
      : Buffer.compare(Buffer.from(a.key), Buffer.from(String(b.key)));
  const rising = keys === 0 ? Buffer.compare(Buffer.from(a.id), Buffer.from(b.id)) : keys;
  return direction === OrderDirection.ASC ? rising : -rising;
}

function statusOf({ published }: Row, now: number): PostStatus {
  if (published === null) return PostStatus.DRAFT;
  return published <= now ? PostStatus.PUBLISHED : PostStatus.SCHEDULED;
}

function isListed(row: Row, listing: Listing, viewer: string | undefined, now: number): boolean {
  const status = statusOf(row, now);
  const { createdAfter, createdBefore, search } = listing;
  return (
    (status === PostStatus.PUBLISHED || row.author === viewer) &&
    (listing.status === undefined || status === listing.status) &&
    (listing.authorId === undefined || row.author === listing.authorId) &&
    (createdAfter === undefined || row.created > createdAfter.getTime()) &&
    (createdBefore === undefined || row.created < createdBefore.getTime()) &&
    (search === undefined ||
      (search !== "nothing" && wordsOf(`${row.title} ${row.content}`).some((word) => word.startsWith("oak"))))
  );
}

const listOf = (rows: readonly Row[], listing: Listing, viewer: string | undefined, now: number): Row[] =>
  rows
    .filter((row) => isListed(row, listing, viewer, now))
    .toSorted((a, b) => compare(placeIn(a, listing.order), placeIn(b, listing.order), listing.order));

/** Returns the expected page of a list. If it is empty, its ends follow from the cursors. */
function pageOf(list: readonly Row[], order: ListOrder, request: PageRequest) {
  const { size, fromEnd, after, before, offset } = request;
  const toCursor = (row: Row, cursor: Position | undefined) =>
    cursor === undefined ? undefined : compare(placeIn(row, order), cursor, order);
  const range = list.filter((row) => (toCursor(row, after) ?? 1) > 0 && (toCursor(row, before) ?? -1) < 0);
  const shown = fromEnd ? range.slice(Math.max(0, range.length - size)) : range.slice(offset, offset + size);
  const [first, last] = [shown.at(0), shown.at(-1)];
  if (first !== undefined && last !== undefined)
    return { shown, hasNextPage: last !== list.at(-1), hasPreviousPage: first !== list.at(0) };
  return {
    shown,
    hasNextPage: (!fromEnd && range.length > offset) || list.some((row) => (toCursor(row, before) ?? -1) >= 0),
    hasPreviousPage:
      (fromEnd ? range.length > 0 : offset > 0 && list.length > 0) ||
      list.some((row) => (toCursor(row, after) ?? 1) <= 0),
  };
}

const plain = ({ items, positions, hasNextPage, hasPreviousPage }: Page<PostType>) => ({
  hasNextPage,
  hasPreviousPage,
  shown: items.map(({ author, publishedAt, createdAt, updatedAt, ...post }, index) => ({
    ...post,
    author: `${author.id} ${author.name}`,
    published: publishedAt?.getTime() ?? null,
    created: createdAt.getTime(),
    updated: updatedAt.getTime(),
    position: positions()[index],
  })),
});

const plainModel = ({ shown, ...ends }: ReturnType<typeof pageOf>, order: ListOrder) => ({
  ...ends,
  shown: shown.map(({ author, voters, ...row }) => ({
    ...row,
    author: `${author} Name of ${author}`,
    voteCount: voters.length,
    version: 1,
    position: { key: keyOf({ author, voters, ...row }, order), id: row.id },
  })),
});

// Generators have few values to choose from, so that most posts share keys.

const dates = fc.integer({ min: start - 2, max: start + 2 });
const alphabet = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
const ids = fc
  .tuple(fc.nat(31), fc.nat(31))
  .map(([a, b]) => `post_01ARZ3NDEKTSV4RRFFQ69G5F${alphabet[a]!}${alphabet[b]!}`);
const rows = fc.record<Row>({
  id: ids,
  author: fc.constantFrom(...authors),
  title: fc.constantFrom("Oak", "öak", "an oaken door", "elm", "Élm", "\uffff", "\u{1f333}"),
  content: fc.constantFrom("an oak and an elm", "oaken", "elm"),
  published: fc.option(dates),
  created: dates,
  updated: dates,
  voters: fc.subarray(authors),
});
const manyRows = fc.uniqueArray(rows, { selector: ({ id }) => id, maxLength: 30, size: "max" });
const viewers = fc.option(fc.constantFrom(...authors), { nil: undefined });

const orders = fc.record<ListOrder>({
  field: fc.constantFrom(...Object.values(PostOrderField)),
  direction: fc.constantFrom(...Object.values(OrderDirection)),
});
const maybe = <T>(arbitrary: fc.Arbitrary<T>) => fc.option(arbitrary, { nil: undefined, freq: 2 });
const filters = {
  authorId: maybe(fc.constantFrom(...authors, "nobody", "")),
  status: maybe(fc.constantFrom(...Object.values(PostStatus))),
  createdAfter: maybe(dates.map((date) => new Date(date))),
  createdBefore: maybe(dates.map((date) => new Date(date))),
};
const oak = searchOf("oak")!;
const listings: fc.Arbitrary<Listing> = fc.oneof(
  { weight: 6, arbitrary: fc.record({ order: orders, ...filters }) },
  // Only the order differs, so that lists are long and those of several authors share statements.
  { weight: 4, arbitrary: fc.record({ order: orders, authorId: filters.authorId }) },
  {
    weight: 3,
    arbitrary: fc.record({
      order: fc.oneof(orders, fc.constant(bestMatchFirst)),
      search: fc.constantFrom(oak, oak, oak, "nothing" as const),
      ...filters,
    }),
  },
);

/** Windows whose cursors come from posts of every kind: listed, hidden, deleted. */
const windowsOf = (places: fc.Arbitrary<Position>): fc.Arbitrary<PageRequest> =>
  fc.oneof(
    fc.record({
      size: fc.nat(6),
      fromEnd: fc.boolean(),
      after: maybe(places),
      before: maybe(places),
      offset: fc.constant(0),
    }),
    fc.record({ size: fc.nat(6), fromEnd: fc.constant(false), offset: fc.nat(35) }),
  );

test("returns the same pages, ends and counts of every list as sorting and slicing it", async () => {
  const drawn = manyRows
    .filter((all) => all.length > 0)
    .chain((all) =>
      fc.record({
        // Some never existed, or were deleted.
        all: fc.constant(all),
        stored: fc.subarray(all, { minLength: Math.floor(all.length / 2) }),
        viewer: viewers,
        asked: fc.array(
          listings.chain((listing) =>
            fc.record({
              listing: fc.constant(listing),
              request: windowsOf(fc.constantFrom(...all).map((row) => placeIn(row, listing.order))),
            }),
          ),
          { minLength: 1, maxLength: 16, size: "max" },
        ),
      }),
    );

  await fc.assert(
    fc
      .asyncProperty(drawn, async ({ stored, viewer, asked }) => {
        await insert(stored);
        const reads = readsOf(viewer, start);

        // Together, so that they share statements.
        const [pages, counts] = await Promise.all([
          Promise.all(asked.map(({ listing, request }) => pageOfAny(reads, listing, request))),
          Promise.all(asked.map(({ listing }) => reads.count(listing))),
        ]);

        for (const [index, { listing, request }] of asked.entries()) {
          const list = listOf(stored, listing, viewer, start);
          expect(plain(pages[index]!)).toEqual(plainModel(pageOf(list, listing.order, request), listing.order));
          expect(counts[index]).toBe(list.length);
        }
        for (const { id, voters } of stored)
          expect(await reads.voted(id)).toBe(viewer !== undefined && voters.includes(viewer));
      })
      .beforeEach(clear),
    { seed, numRuns: 150 },
  );
});

test("reads the separate lists of several authors in one statement", async () => {
  await fc.assert(
    fc
      .asyncProperty(
        manyRows,
        viewers,
        orders,
        fc.array(fc.record({ authorId: fc.constantFrom(...authors, "nobody"), size: fc.integer({ min: 1, max: 2 }) })),
        async (all, viewer, order, asked) => {
          await insert(all);
          const reads = readsOf(viewer, start);
          const request = { fromEnd: false, offset: 0 };

          const pages = await Promise.all(
            asked.map(({ authorId, size }) => pageOfAny(reads, { order, authorId }, { ...request, size })),
          );

          for (const [index, { authorId, size }] of asked.entries()) {
            const list = listOf(all, { order, authorId }, viewer, start);
            expect(plain(pages[index]!)).toEqual(plainModel(pageOf(list, order, { ...request, size }), order));
          }
        },
      )
      .beforeEach(clear),
    { seed, numRuns: 50 },
  );
});

/** A write of another user between two pages. The post is chosen by a number, modulo the number of posts. */
type Write =
  | { readonly kind: "insert"; readonly row: Row }
  | { readonly kind: "delete"; readonly of: number }
  | { readonly kind: "change"; readonly of: number; readonly row: Row }
  | { readonly kind: "publish"; readonly of: number; readonly published: number | null }
  | { readonly kind: "wait" };
const writes: fc.Arbitrary<Write> = fc.oneof(
  fc.record({ kind: fc.constant("insert" as const), row: rows }),
  fc.record({ kind: fc.constant("delete" as const), of: fc.nat(99) }),
  fc.record({ kind: fc.constant("change" as const), of: fc.nat(99), row: rows }),
  fc.record({ kind: fc.constant("publish" as const), of: fc.nat(99), published: fc.option(dates) }),
  fc.record({ kind: fc.constant("wait" as const) }),
);

/** Does a write in the database, and returns the posts of the model after it. */
async function written(all: readonly Row[], write: Write): Promise<Row[]> {
  if (write.kind === "wait") return [...all];
  if (write.kind === "insert") {
    if (all.some(({ id }) => id === write.row.id)) return [...all];
    await insert([write.row]);
    return [...all, write.row];
  }
  const target = all[write.of % all.length];
  if (target === undefined) return [];
  if (write.kind === "delete") {
    await remove(target.id);
    return all.filter((row) => row !== target);
  }
  const changed: Row =
    write.kind === "publish"
      ? { ...target, published: write.published }
      : { ...write.row, id: target.id, author: target.author, published: target.published, voters: target.voters };
  await execute(
    "update posts set title = ?, title_key = ?, content = ?, published_at = ?, listed_at = ?, created_at = ?, updated_at = ? where id = ?",
    [
      changed.title,
      titleKeyOf(changed.title),
      changed.content,
      changed.published,
      changed.published ?? changed.created,
      changed.created,
      changed.updated,
      changed.id,
    ],
  );
  await indexPosts(database, [changed]);
  return all.map((row) => (row === target ? changed : row));
}

test("neither loses nor repeats a post that stays, walking to either end while others write and time passes", async () => {
  const drawn = fc.record({
    before: manyRows,
    listing: fc.oneof(
      fc.record<Listing>({ order: orders }),
      fc.record<Listing>({ order: orders, ...filters }),
      fc.record<Listing>({ order: orders, search: fc.constant(oak) }),
    ),
    viewer: viewers,
    forwards: fc.boolean(),
    sizes: fc.infiniteStream(fc.integer({ min: 1, max: 4 })),
    between: fc.array(fc.array(writes, { maxLength: 3 }), { maxLength: 12, size: "max" }),
  });

  await fc.assert(
    fc
      .asyncProperty(drawn, async ({ before, listing, viewer, forwards, sizes, between }) => {
        const { order } = listing;
        await insert(before);
        let [all, now] = [before, start - 1];
        /** The posts that have kept their position in the list since the walk started. */
        let staying = listOf(all, listing, viewer, now);
        const keep = () => {
          const current = new Map(listOf(all, listing, viewer, now).map((row) => [row.id, keyOf(row, order)]));
          staying = staying.filter((row) => current.get(row.id) === keyOf(row, order));
        };

        const seen: string[] = [];
        let position: Position | undefined;
        for (let turn = 0; ; turn += 1) {
          // Each write adds at most one post, and each page has at least one.
          expect(turn).toBeLessThan(80);
          const request: PageRequest = {
            size: sizes.next().value!,
            fromEnd: !forwards,
            [forwards ? "after" : "before"]: position,
            offset: 0,
          };
          const page = await readsOf(viewer, now).page(listing, request, everything);
          expect(plain(page)).toMatchObject({
            ...pageOf(listOf(all, listing, viewer, now), order, request),
            shown: expect.anything(),
          });
          const places = page.positions();
          seen.push(...(forwards ? places : places.toReversed()).map(({ id }) => id));
          if (!(forwards ? page.hasNextPage : page.hasPreviousPage)) break;
          position = forwards ? places.at(-1) : places.at(0);
          // The cursor as a client has it.
          position = positionOfPost(cursorOf(order, position!), order);
          for (const write of between[turn] ?? []) {
            if (write.kind === "wait") now += 1;
            all = await written(all, write);
            keep();
          }
        }

        const stayed = staying.map(({ id }) => id);
        const expected = forwards ? stayed : stayed.toReversed();
        expect(seen.filter((id) => stayed.includes(id))).toEqual(expected);
      })
      .beforeEach(clear),
    { seed, numRuns: 150 },
  );
});

const titles = fc
  .oneof(
    fc.string({ unit: "binary", maxLength: 20 }),
    fc.string({ unit: "grapheme", maxLength: 20 }),
    // Characters that UTF-16 and UTF-8 order differently, or that lower-casing or decomposing changes.
    fc.string({
      unit: fc.constantFrom("\ue000", "\uffff", "\u{10000}", "\u{1f333}", "a", "İ", "Σ", "ﬁ", '"', "\\", "\x01"),
    }),
  )
  .filter((title) => !title.includes("\0") && title.isWellFormed());

test("orders titles by the bytes of their keys, and finds each position again by its cursor", async () => {
  const drawn = fc.record({
    drawnTitles: fc.array(titles, { maxLength: 12 }),
    direction: fc.constantFrom(...Object.values(OrderDirection)),
  });

  await fc.assert(
    fc
      .asyncProperty(drawn, async ({ drawnTitles, direction }) => {
        const order = { field: PostOrderField.TITLE, direction };
        const all = drawnTitles.map((title, index): Row => {
          const id = `post_01ARZ3NDEKTSV4RRFFQ69G5FA${alphabet[index]!}`;
          return { id, author: "user_a", title, content: "", published: start, created: 0, updated: 0, voters: [] };
        });
        await insert(all);
        const reads = readsOf(undefined, start);
        const request = { size: 100, fromEnd: false, offset: 0 };

        const { items, positions } = await reads.page({ order }, request, everything);

        const bytes = (title: string) => Buffer.from(titleKeyOf(title));
        const byKey = all.toSorted((a, b) => Buffer.compare(bytes(a.title), bytes(b.title)) || (a.id < b.id ? -1 : 1));
        if (direction === OrderDirection.DESC) byKey.reverse();
        expect(items.map(({ id, title }) => [id, title])).toEqual(byKey.map(({ id, title }) => [id, title]));
        const rests = await Promise.all(
          positions().map((position) =>
            reads.page({ order }, { ...request, after: positionOfPost(cursorOf(order, position), order) }, everything),
          ),
        );
        for (const [index, rest] of rests.entries())
          expect(rest.items.map(({ id }) => id)).toEqual(byKey.slice(index + 1).map(({ id }) => id));
      })
      .beforeEach(clear),
    { seed, numRuns: 150 },
  );
});

test("reads every position back from its cursor, in its own order only", () => {
  const everyOrder = [
    bestMatchFirst,
    ...Object.values(PostOrderField).flatMap((field) =>
      Object.values(OrderDirection).map((direction) => ({ field, direction })),
    ),
  ];

  fc.assert(
    fc.property(fc.constantFrom(...everyOrder), fc.maxSafeInteger(), titles, ids, (order, number, title, id) => {
      const position = { key: order.field === PostOrderField.TITLE ? titleKeyOf(title) : number, id };
      const cursor = cursorOf(order, position);

      for (const each of everyOrder)
        expect(positionOfPost(cursor, each)).toEqual(each === order ? position : undefined);
    }),
    { seed, numRuns: 500 },
  );
});

test("finds no position in a text that is not a cursor", () => {
  const encoded = (content: unknown) => Buffer.from(JSON.stringify(content)).toString("base64url");

  fc.assert(
    fc.property(fc.oneof(fc.string({ unit: "binary" }), fc.json(), fc.jsonValue().map(encoded)), (text) => {
      expect(positionOfPost(text, latestFirst)).toBeUndefined();
    }),
    { seed, numRuns: 500 },
  );
});

test("gives titles that differ in accents, case and width the same key", () => {
  for (const alike of [
    ["Résumé", "RÉSUMÉ", "resume", "re\u0301sume\u0301", "ｒｅｓｕｍｅ"],
    ["İstanbul", "istanbul", "ISTANBUL"],
    ["ﬁne", "FINE"],
  ])
    expect(new Set(alike.map(titleKeyOf)).size).toBe(1);
  expect(titleKeyOf("ısparta")).not.toBe(titleKeyOf("isparta"));
});
