import sqlite3 from "sqlite3";

/** The words of each text, in their order, as SQLite's FTS5 makes them for the search index. */
export async function fts5Words(texts: readonly string[]): Promise<string[][]> {
  const database = new sqlite3.Database(":memory:");
  const all = <Row>(statement: string, ...values: unknown[]) =>
    new Promise<Row[]>((resolve, reject) =>
      database.all<Row>(statement, values, (error, rows) => (error === null ? resolve(rows) : reject(error))),
    );
  await all("create virtual table texts using fts5(text, content='', tokenize='unicode61 remove_diacritics 2')");
  await all("create virtual table words using fts5vocab(texts, instance)");
  await all("insert into texts (rowid, text) select key, value from json_each(?)", JSON.stringify(texts));
  const rows = await all<{ doc: number; words: string }>(
    "select doc, json_group_array(term order by offset) as words from words group by doc",
  );
  await new Promise((done) => database.close(done));
  const found = new Map(rows.map(({ doc, words }) => [doc, JSON.parse(words) as string[]]));
  return texts.map((_, index) => found.get(index) ?? []);
}

/** Every code point that a text can hold, some thousand at a time. */
export function* everyCodePoint(): Generator<number[]> {
  for (let first = 0; first < 0x11_0000; first += 0x8000) {
    const some = Array.from({ length: 0x8000 }, (_, index) => first + index);
    yield some.filter((code) => code !== 0 && (code < 0xd800 || code > 0xdfff));
  }
}
