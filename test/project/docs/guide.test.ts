import { existsSync, readdirSync, readFileSync } from "node:fs";

import { describe, expect, test } from "vitest";

import { blocksOf } from "../../../scripts/guide.js";

const example = "examples/bookmarks";

test("the guide shows the example word for word, every file of it", () => {
  const shown = new Map(blocksOf("docs/add-bookmarks.md", "ts").map(({ name, text }) => [name, text]));
  expect([...shown.keys()].toSorted()).toEqual(readdirSync(example).toSorted());
  for (const [name, text] of shown)
    expect({ name, text }).toEqual({ name, text: readFileSync(`${example}/${name}`, "utf8") });
});

describe("docs/security.md", () => {
  const page = readFileSync("docs/security.md", "utf8");
  const references = (text: string) => [...text.matchAll(/"([^"]+)" in `(test\/[^`]+)`/g)];

  test("names tests that exist, by their files and titles", () => {
    const missing = references(page)
      .map(([, title, file]) => ({ title: title!, file: file! }))
      .filter(({ title, file }) => !existsSync(file) || !readFileSync(file, "utf8").includes(JSON.stringify(title)));
    expect(missing).toEqual([]);
  });

  test("has a test for every promise", () => {
    const promises = page.slice(page.indexOf("## Promises"), page.indexOf("## Out of scope"));
    const rows = promises.split("\n").filter((line) => /^\| (?!promise|-)/.test(line));
    expect(rows.length).toBeGreaterThan(30);
    expect(rows.filter((row) => references(row).length === 0)).toEqual([]);
  });
});
