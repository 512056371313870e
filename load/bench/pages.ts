// Compares the cost of page 10,000 with that of page 1, for each order and list, and measures searches and filters by
// creation: medians of reads in one process, on the database in DATABASE_URL (npm run seed -- --posts 1000000).
import { openDatabase } from "../../src/database/database.js";
import { readerFor } from "../../src/database/operation-reader.js";
import { openReader } from "../../src/database/reader.js";
import { sql, Sql } from "../../src/database/sql.js";
import type { Listing } from "../../src/features/post/list/listing.js";
import { bestMatchFirst, keyColumns, latestFirst, PostOrderField } from "../../src/features/post/list/order.js";
import { postsFor } from "../../src/features/post/list/post.reads.js";
import type { PostSelection } from "../../src/features/post/list/selection.js";
import { PostStatus } from "../../src/features/post/post-publication.js";
import { searchOf } from "../../src/features/post/search/search.js";
import { systemClock } from "../../src/foundation/clock.js";
import { configFromEnvironment } from "../../src/foundation/config/environment.js";
import { measureAnswer } from "../../src/graphql/answer-size.js";
import { entities } from "../../src/graphql/schema.js";
import { OrderDirection, type Position } from "../../src/kit/paging/page-request.js";
import { printTable } from "../figures.js";
import { median } from "../statistics.js";

const size = 20;
const rounds = 200;
const searchRounds = 7;

const database = await openDatabase(configFromEnvironment().config.databaseUrl, entities);
const opened = await openReader(database, { maxSlowReads: 256 });
const now = systemClock();
const reader = readerFor(opened, { clientKey: "bench" });
const answer = measureAnswer(Number.MAX_SAFE_INTEGER);
const selection: PostSelection = {
  columns: new Set(["title", "content", "publishedAt", "createdAt", "authorName"]),
  contentTimes: 1,
};

type Viewer = { readonly userId: string } | undefined;

/** Reads a page, and returns the milliseconds that it took. */
async function timePage(listing: Listing, viewer: Viewer, after?: Position): Promise<number> {
  const started = performance.now();
  const reads = postsFor({ reader, now, answer }, viewer);
  await reads.page(listing, { size, fromEnd: false, offset: 0, after }, selection);
  return performance.now() - started;
}

// The author with the most posts, for a long list.
const [prolific] = await reader.all<{ id: string }>(
  sql`select author_id as id from posts group by author_id order by count(*) desc limit 1`,
);
const authorId = prolific!.id;
const author = { userId: authorId };

const states = {
  [PostStatus.PUBLISHED]: sql`published_at <= ${now}`,
  [PostStatus.DRAFT]: sql`published_at is null`,
  [PostStatus.SCHEDULED]: sql`published_at > ${now}`,
};
/** Finds the position before page 10,000, or before the last page of a shorter list, by an offset. */
async function findFarPosition(listing: Listing, viewer: Viewer) {
  const { status = PostStatus.PUBLISHED, order } = listing;
  const posts = await postsFor({ reader, now, answer }, viewer).count(listing);
  const rank = Math.max(0, Math.min(10_000 * size, posts - size) - 1);
  const key = new Sql(keyColumns[order.field]!);
  const isOwn = status !== PostStatus.PUBLISHED || listing.authorId !== undefined;
  const [position] = await reader.all<Position>(
    sql`select ${key} as key, id from posts where ${states[status]} and ${isOwn ? sql`author_id = ${authorId}` : sql`true`}
      order by ${key} desc, id desc limit 1 offset ${rank}`,
  );
  return { position, posts };
}

const lists: readonly (readonly [name: string, viewer: Viewer, listing: Omit<Listing, "order">])[] = [
  ["all, signed in", author, {}],
  ["all, without an account", undefined, {}],
  ["an author's", undefined, { authorId }],
  ["one's own", author, { authorId }],
  ["published", author, { status: PostStatus.PUBLISHED }],
  ["drafts", author, { status: PostStatus.DRAFT }],
  ["scheduled", author, { status: PostStatus.SCHEDULED }],
];
const pages: string[][] = [];
for (const [name, viewer, list] of lists)
  for (const field of Object.values(PostOrderField)) {
    const listing: Listing = { ...list, order: { field, direction: OrderDirection.DESC } };
    const { position, posts } = await findFarPosition(listing, viewer);
    const [first, far] = [[] as number[], [] as number[]];
    for (let round = 0; round < rounds; round += 1) {
      first.push(await timePage(listing, viewer));
      far.push(await timePage(listing, viewer, position));
    }
    const microseconds = [median(first), median(far)].map((milliseconds) => (milliseconds * 1000).toFixed(0));
    pages.push([name, field, String(posts), ...microseconds, (median(far) / median(first)).toFixed(2)]);
  }
printTable(["list", "order", "posts", "page 1, µs", "far page, µs", "ratio"], pages, 2);

const twoYearsAgo = new Date(now.getTime() - 2 * 365 * 24 * 60 * 60 * 1000);
// Words of nearly every post to none; alone, together, and prefixes.
const words = "a|i|the|notes|umbrella|beginner's guide|the umbrella shoes|weekly notes|42|zzz".split("|");
const found = (typed: string) => ({ search: searchOf(typed)!, order: bestMatchFirst });
const oldestFirst = { ...latestFirst, direction: OrderDirection.ASC };
const firstPages: readonly (readonly [name: string, viewer: Viewer, listing: Listing])[] = [
  ...words.map((typed) => [`search "${typed}"`, undefined, found(typed)] as const),
  ...words.map((typed) => [`search "${typed}", of an author's`, author, { ...found(typed), authorId }] as const),
  ['search "the", latest first', undefined, { ...found("the"), order: latestFirst }],
  ["created before", author, { createdBefore: twoYearsAgo, order: latestFirst }],
  ["created after, oldest first", author, { createdAfter: twoYearsAgo, order: oldestFirst }],
];
const searches: string[][] = [];
for (const [name, viewer, listing] of firstPages) {
  const times: number[] = [];
  for (let round = 0; round < searchRounds; round += 1) times.push(await timePage(listing, viewer));
  searches.push([name, median(times).toFixed(1)]);
}
console.log();
printTable(["first page", "ms"], searches, 1);
await opened.close();
await database.close(true);
