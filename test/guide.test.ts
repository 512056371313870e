import { readdirSync, readFileSync } from "node:fs";

import { expect, test } from "vitest";

import { blocksOf } from "../scripts/guide.js";

const example = "examples/bookmarks";

test("the guide shows the example word for word, every file of it", () => {
  const shown = new Map(blocksOf("docs/add-bookmarks.md", "ts").map(({ name, text }) => [name, text]));
  expect([...shown.keys()].toSorted()).toEqual(readdirSync(example).toSorted());
  for (const [name, text] of shown)
    expect({ name, text }).toEqual({ name, text: readFileSync(`${example}/${name}`, "utf8") });
});
