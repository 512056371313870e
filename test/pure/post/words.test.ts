import * as fc from "fast-check";
import { expect, test } from "vitest";

import { postWordsOf } from "../../../src/features/post/search/search-vector.js";
import { askedWordsOf, wordsOf } from "../../../src/features/post/search/words.js";

test.each([
  ["accents", "Crème BRÛLÉE", "creme brulee"],
  ["Greek with its accents", "ΟΔΌΣ Ὀδύσσεια ᾳ", "οδος οδυσσεια α"],
  ["a final sigma", "οδός", "ΟΔΟΣ"],
  ["Cyrillic with its accents", "Йод Ёлка", "иод елка"],
  ["Arabic and Hebrew with their vowel signs", "مُحَمَّد שָׁלוֹם", "محمد שלום"],
  ["a sharp s", "Straße GROẞ", "strasse gross"],
  ["a dotted I", "İzmir", "izmir"],
  ["characters of compatibility", "ﬁne ｆｕｌｌ ｶﾞ x²", "fine full ガ x2"],
  ["an invisible hyphen", "soft\u00adware", "software"],
])("takes %s for the same words", (_, one, other) => {
  expect(wordsOf(one)).toEqual(wordsOf(other));
  expect(askedWordsOf(one)).toEqual(askedWordsOf(other));
});

test.each([
  ["voice marks of Kana", "が", "か"],
  ["vowel signs of Devanagari", "कि", "क"],
  ["vowel signs of Thai", "กา", "กี"],
  ["syllables of Hangul", "한", "하"],
])("distinguishes %s", (_, one, other) => {
  expect(wordsOf(one)).not.toEqual(wordsOf(other));
});

const naughty = fc.oneof(
  { weight: 4, arbitrary: fc.constantFrom(...Array.from("aZ09 .'\"\\:*éßİıΣςЖйңक्षिעִخًआन्한글がガー々ｶﾞ東京ไทยກကខ²ﬁ")) },
  { weight: 1, arbitrary: fc.constantFrom("\u0301", "\u0323", "\u0345", "\u3099", "\ufe0f", "\u200d", "𠮷") },
  fc.string({ unit: "binary", minLength: 1, maxLength: 1 }).filter((one) => one !== "\0"),
);
const text = fc.array(naughty, { maxLength: 40 }).map((characters) => characters.join(""));

test("gives canonically equivalent texts the same words", () => {
  fc.assert(
    fc.property(text, (any) => {
      expect(wordsOf(any.normalize("NFD"))).toEqual(wordsOf(any.normalize("NFC")));
      expect(askedWordsOf(any.normalize("NFD"))).toEqual(askedWordsOf(any.normalize("NFC")));
    }),
    { numRuns: 2000, seed: 12 },
  );
});

test("finds a text by any part of it", () => {
  const finds = (typed: string, any: string) => {
    const words = wordsOf(any);
    return askedWordsOf(typed)
      .flat()
      .every(({ text: asked, isWhole }) => words.some((word) => (isWhole ? word === asked : word.startsWith(asked))));
  };
  for (const unspaced of ["東京都に行く", "ｶﾞﾗｽのコップー", "ภาษาไทยง่าย", "ພາສາລາວ", "ភាសាខ្មែរ", "မြန်မာစာ", "𠮷野家"]) {
    const characters = Array.from(unspaced.normalize("NFKC"));
    for (let first = 0; first < characters.length; first += 1)
      for (let last = first + 1; last <= characters.length; last += 1)
        expect(finds(characters.slice(first, last).join(""), `a ${unspaced}!`)).toBe(true);
  }
  expect(finds("京東", "東京")).toBe(false);
});

test("counts a text without spaces as one word of a search, and letters beside it as another", () => {
  expect(askedWordsOf("東京都に行く")).toHaveLength(1);
  expect(askedWordsOf("iPhone手机")).toEqual([[{ text: "iphone", isWhole: false }], [{ text: "手机", isWhole: true }]]);
});

test("keeps as many words as fit into PostgreSQL, those of the title first", () => {
  const han = Array.from({ length: 100_000 }, (_, index) =>
    String.fromCodePoint(0x2_0000 + ((index * (7919 + 2 * Math.floor(index / 42_000))) % 42_000)),
  );
  const { title, content } = postWordsOf("first", han.join(""));
  expect(title).toEqual(["first"]);
  const bytes = content.reduce((sum, word) => sum + Buffer.byteLength(word) + 6, 0);
  expect(bytes).toBeGreaterThan(900_000);
  expect(bytes).toBeLessThan(1024 * 1024);
});
