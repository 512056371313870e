import sqlite3 from "sqlite3";
import { expect, onTestFinished, test } from "vitest";

import { wordsOf } from "../../../src/features/post/search/words.js";

test("makes words without quotes, backslashes and spaces, which SQLite's tokenizer leaves unchanged", async () => {
  const database = new sqlite3.Database(":memory:");
  onTestFinished(() => new Promise<void>((done) => database.close(() => done())));
  const all = <Row>(statement: string, ...values: unknown[]) =>
    new Promise<Row[]>((resolve, reject) =>
      database.all<Row>(statement, values, (error, rows) => (error === null ? resolve(rows) : reject(error))),
    );
  // The same as in the migration.
  await all(
    `create virtual table texts using fts5(text, content='', tokenize="unicode61 remove_diacritics 2 categories 'L* N* Co M*'")`,
  );
  await all("create virtual table words using fts5vocab(texts, row)");
  for (let first = 1; first < 0x11_0000; first += 0x8000) {
    const codes = Array.from({ length: 0x8000 }, (_, index) => first + index);
    const some = codes.filter((code) => code < 0x11_0000 && (code < 0xd800 || code > 0xdfff));
    const words = new Set(
      some.flatMap((code) => wordsOf(`${String.fromCodePoint(code)}a${String.fromCodePoint(code)}b`)),
    );
    expect([...words].join("")).not.toMatch(/['"\\\s]/);
    await all("insert into texts (texts) values ('delete-all')");
    await all("insert into texts (rowid, text) values (1, ?)", [...words].join(" "));
    const kept = await all<{ term: string }>("select term from words");
    expect(kept.map(({ term }) => term).filter((term) => !words.has(term))).toEqual([]);
    expect(kept).toHaveLength(words.size);
  }
});
