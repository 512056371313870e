// Compares the cost of page 10,000 with that of page 1, for each order and list, and measures searches and filters by
// creation: medians of reads in one process, on the database in DATABASE_URL (npm run seed -- --posts 1000000).
import { systemClock } from "../../src/foundation/clock.js";
import { openDatabase } from "../../src/database/database.js";
import { configFromEnvironment } from "../../src/foundation/config/environment.js";
import { measureAnswer } from "../../src/graphql/answer-size.js";
import type { PostSelection } from "../../src/features/post/list/selection.js";
import { entities } from "../../src/graphql/schema.js";
import { newestMatches, type Listing } from "../../src/features/post/list/listing.js";
import { searchOf } from "../../src/features/post/search/search.js";
import { OrderDirection, type Position } from "../../src/kit/paging/page-request.js";
import { bestMatchFirst, keyColumns, latestFirst, PostOrderField } from "../../src/features/post/list/order.js";
import { PostStatus } from "../../src/features/post/post-publication.js";
import { postsFor } from "../../src/features/post/list/post.reads.js";
import { readerFor } from "../../src/database/operation-reader.js";
import { openReader } from "../../src/database/reader.js";
import { sql, Sql } from "../../src/database/sql.js";
import { median } from "../statistics.js";

const size = 20;
const pageNumber = 10_000;
const rounds = 200;
const slowRounds = 7;

const database = await openDatabase(configFromEnvironment().config.databaseUrl, entities);
const opened = await openReader(database, { maxSlowReads: 256 });
const now = systemClock();
const reader = readerFor(opened, { clientKey: "bench" });
const answer = measureAnswer(Number.MAX_SAFE_INTEGER);
const wanted: PostSelection = {
  columns: new Set(["title", "content", "publishedAt", "createdAt", "authorName"]),
  contentTimes: 1,
};

// The author with the most posts, for a long list.
const [prolific] = await reader.all<{ id: string; posts: number }>(
  sql`select author_id as id, count(*) as posts from posts group by author_id order by posts desc limit 1`,
);
const writer = { userId: prolific!.id };

const lists: { of: string; viewer: { readonly userId: string } | undefined; listing: Omit<Listing, "order"> }[] = [
  { of: "all, signed in", viewer: writer, listing: {} },
  { of: "all, without an account", viewer: undefined, listing: {} },
  { of: "an author's", viewer: undefined, listing: { authorId: prolific!.id } },
  { of: "one's own", viewer: writer, listing: { authorId: prolific!.id } },
  { of: "published", viewer: writer, listing: { status: PostStatus.PUBLISHED } },
  { of: "drafts", viewer: writer, listing: { status: PostStatus.DRAFT } },
  { of: "scheduled", viewer: writer, listing: { status: PostStatus.SCHEDULED } },
];

/** Finds the position before page 10,000, or before the last page of a shorter list, by an offset. */
async function placeFarOn(listing: Listing, reads: ReturnType<typeof postsFor>, author: string | undefined) {
  const posts = await reads.count(listing);
  const rank = Math.max(0, Math.min(pageNumber * size, posts - size) - 1);
  const key = new Sql(keyColumns[listing.order.field]!);
  const state =
    listing.status === PostStatus.DRAFT
      ? sql`published_at is null`
      : listing.status === PostStatus.SCHEDULED
        ? sql`published_at > ${now}`
        : sql`published_at <= ${now}`;
  const whose = author === undefined ? sql`true` : sql`author_id = ${author}`;
  const [position] = await reader.all<Position>(
    sql`select ${key} as key, id from posts where ${state} and ${whose} order by ${key} desc, id desc limit 1 offset ${rank}`,
  );
  return { position, posts };
}

console.log(`${rounds} reads each, page of ${size}; µs are medians\n`);
let worst = 0;
for (const { of, viewer: reading, listing: list } of lists) {
  for (const field of Object.values(PostOrderField)) {
    const listing: Listing = { ...list, order: { field, direction: OrderDirection.DESC } };
    const reads = postsFor({ reader, now, answer }, reading);
    const own = listing.status === PostStatus.DRAFT || listing.status === PostStatus.SCHEDULED;
    const { position, posts } = await placeFarOn(listing, reads, own ? reading?.userId : listing.authorId);
    const figures = { first: [] as number[], far: [] as number[] };
    const read = async (kind: keyof typeof figures) => {
      const started = performance.now();
      await reads.page(
        listing,
        { size, fromEnd: false, offset: 0, after: kind === "far" ? position : undefined },
        wanted,
      );
      figures[kind].push((performance.now() - started) * 1000);
    };
    for (let round = 0; round < rounds; round += 1)
      for (const kind of round % 2 === 0 ? (["first", "far"] as const) : (["far", "first"] as const)) await read(kind);
    const [first, far] = [median(figures.first), median(figures.far)];
    worst = Math.max(worst, far / first);
    console.log(
      `${of.padEnd(24)} ${field.padEnd(13)} ${String(posts).padStart(8)} posts   page 1 ${first.toFixed(0).padStart(6)}   far ${far.toFixed(0).padStart(6)}   ratio ${(far / first).toFixed(2)}`,
    );
  }
}
console.log(`\nworst ratio: ${worst.toFixed(2)}\n`);

/** Reads the first page of a list, and prints the median in milliseconds. */
async function timeFirstPage(of: string, listing: Listing, reading: { readonly userId: string } | undefined) {
  const figures: number[] = [];
  let counted: number | null = null;
  for (let round = 0; round < slowRounds; round += 1) {
    const started = performance.now();
    const page = await postsFor({ reader, now, answer }, reading).page(
      listing,
      { size, fromEnd: false, offset: 0 },
      wanted,
    );
    figures.push(performance.now() - started);
    ({ counted } = page);
  }
  const matches = counted === null ? "" : counted > newestMatches ? "more than 20,000 matches" : `${counted} matches`;
  console.log(`${of.padEnd(44)} ${median(figures).toFixed(1).padStart(8)} ms   ${matches}`);
}

// Words of nearly every post to none; alone, together, and prefixes.
const searches = [
  "a",
  "i",
  "the",
  "notes",
  "umbrella",
  "beginner's guide",
  "the umbrella shoes",
  "weekly notes",
  "42",
  "zzz",
];
for (const typed of searches) {
  const search = searchOf(typed)!;
  await timeFirstPage(`search "${typed}"`, { search, order: bestMatchFirst }, undefined);
  await timeFirstPage(
    `search "${typed}", of an author's`,
    { search, order: bestMatchFirst, authorId: writer.userId },
    writer,
  );
}
await timeFirstPage('search "the", latest first', { search: searchOf("the")!, order: latestFirst }, undefined);

const twoYearsAgo = new Date(now.getTime() - 2 * 365 * 24 * 60 * 60 * 1000);
await timeFirstPage("created before", { createdBefore: twoYearsAgo, order: latestFirst }, writer);
await timeFirstPage(
  "created after, oldest first",
  { createdAfter: twoYearsAgo, order: { ...latestFirst, direction: OrderDirection.ASC } },
  writer,
);
await opened.close();
await database.close(true);
