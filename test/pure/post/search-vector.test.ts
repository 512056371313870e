import * as fc from "fast-check";
import { Client } from "pg";
import { expect, onTestFinished, test } from "vitest";

import { searchVectorOf } from "../../../src/features/post/search/search-vector.js";
import { wordsOf } from "../../../src/features/post/search/words.js";
import { newPostgresDatabase } from "../../support/postgres.js";

/** Opens a PostgreSQL database with an indexed table of posts' words. */
async function connect(): Promise<Client> {
  const client = new Client(await newPostgresDatabase());
  await client.connect();
  onTestFinished(() => client.end());
  await client.query("create table vectors (vector tsvector); create index on vectors using gin (vector)");
  return client;
}

const naughty = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.constantFrom("it's", "''", "\\", "\\'", "a:1A", "b:*", "c & !d", "<->", "é", "e", "\u00a0"),
  },
  { weight: 6, arbitrary: fc.constantFrom("oak", "Oaks", "oakum", "OÁK", "o", " ", "  ", "\n", ",", "x".repeat(300)) },
  fc.string({ unit: "binary", maxLength: 8 }).map((text) => text.replaceAll("\0", "")),
);
const text = fc.array(naughty, { maxLength: 12 }).map((parts) => parts.join(" "));

test("lets PostgreSQL find words in the title and anywhere, whole and by their beginnings", async () => {
  const client = await connect();
  const posts = fc.sample(fc.record({ title: text, content: text }), { numRuns: 300, seed: 12 });
  const asked = ["oak", "o", "oaks", "e", "it", "s", "a", "1a", "x".repeat(200), "missing"];

  const { rows } = await client.query(
    `select (
       select json_agg(json_build_array(v @@ format('''%s'':*A', w)::tsquery, v @@ format('''%s'':*', w)::tsquery,
         v @@ format('''%s''', w)::tsquery) order by w.place)
       from unnest($2::text[]) with ordinality w(w, place)) as found
     from unnest($1::text[]) with ordinality p(text, place), cast(text as tsvector) v order by p.place`,
    [posts.map(({ title, content }) => searchVectorOf(title, content)), asked],
  );

  const expected = posts.map(({ title, content }) => {
    const [inTitle, anywhere] = [wordsOf(title), wordsOf(`${title} ${content}`)];
    return asked.map((word) => [
      inTitle.some((each) => each.startsWith(word)),
      anywhere.some((each) => each.startsWith(word)),
      anywhere.includes(word),
    ]);
  });
  const found = rows.map((row, index) => ({ post: posts[index], found: row.found, expected: expected[index] }));
  expect(found.filter((each) => JSON.stringify(each.found) !== JSON.stringify(each.expected)).slice(0, 3)).toEqual([]);
});

test.each([
  { of: "one word", content: "x".repeat(100_000) },
  { of: "as many different words as go into it", content: characters(50_000, (n) => `${String.fromCodePoint(n)} `) },
  { of: "words of 255 characters", content: characters(390, (n) => `${String.fromCodePoint(n).repeat(255)} `) },
  {
    of: "different pairs of characters of four bytes",
    content: Array.from({ length: 100_000 }, (_, n) =>
      String.fromCodePoint(0x2_0000 + ((n * (7919 + 2 * Math.floor(n / 42_000))) % 42_000)),
    ).join(""),
  },
  { of: "longer words", content: characters(97, (n) => `${String.fromCodePoint(n).repeat(1024)} `) },
])("fits the longest post of $of into PostgreSQL", async ({ content }) => {
  const client = await connect();
  const vector = searchVectorOf("\u{20000}".repeat(200), content);
  const { rows } = await client.query("insert into vectors values ($1::tsvector) returning length(vector) as words", [
    vector,
  ]);
  expect(rows[0].words).toBe(vector.split(" ").length);
});

/** Returns a text of different letters of four bytes each. */
function characters(count: number, word: (code: number) => string): string {
  return Array.from({ length: count }, (_, index) => word(0x2_0001 + index)).join("");
}
