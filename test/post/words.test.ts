import * as fc from "fast-check";
import { expect, test } from "vitest";

import { wordsOf } from "../../src/post/words.js";
import { everyCodePoint, fts5Words } from "../../scripts/fts5-words.js";

/** The first few texts that FTS5 takes apart in another way. */
async function differing(texts: readonly string[]) {
  const expected = await fts5Words(texts);
  const compared = texts.map((text, index) => ({ text, ours: wordsOf(text), fts5: expected[index]! }));
  return compared.filter(({ ours, fts5 }) => ours.join(" ") !== fts5.join(" ")).slice(0, 3);
}

test("every code point begins, continues or ends a word as for SQLite, and is nothing to quote", async () => {
  for (const some of everyCodePoint()) {
    // A few in each text, since FTS5 takes its time for each.
    const texts = Array.from({ length: Math.ceil(some.length / 32) }, (_, index) =>
      some
        .slice(index * 32, index * 32 + 32)
        .map((code) => String.fromCodePoint(code))
        .map((one) => `${one}a${one}b`)
        .join(" "),
    );
    expect(await differing(texts)).toEqual([]);
    const words = wordsOf(texts.join(" "));
    expect(wordsOf(words.join(" "))).toEqual(words);
    expect(words.join("")).not.toMatch(/['"\\\s]/);
  }
});

test("makes the words of SQLite of any text", async () => {
  const character = fc.oneof(
    { weight: 4, arbitrary: fc.constantFrom(...Array.from("aAzZ019 .,-_'\"\\:*éÉßİıΣςЖңक्षिעִخًआन्ꙗ한글ガ١٣²ⅨÆﬁ")) },
    { weight: 2, arbitrary: fc.constantFrom("\u0300", "\u0301", "\u0323", "\u0334", "\u20dd", "\ufe0f", "\u200d") },
    fc.string({ unit: "binary", minLength: 1, maxLength: 1 }).filter((one) => one !== "\0"),
  );
  const text = fc.array(character, { maxLength: 60 }).map((characters) => characters.join(""));
  expect(await differing(fc.sample(text, { numRuns: 4000, seed: 12 }))).toEqual([]);
});
