import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join, relative } from "node:path";

import { describe, expect, test } from "vitest";

import { doors, wings } from "../../../lint/wings.js";
import { withFilesList } from "../../../scripts/files-list.js";

const page = readFileSync("docs/architecture.md", "utf8");
// The formatter breaks lines.
const wordsOf = (text: string) => text.split(/\s+/);

test("the page lists the wings and doors in the order of imports", () => {
  const rows = [...page.matchAll(/^\| `src\/([\w.-]+?)\/?` +\| (.+?) +\|$/gm)].map(([, name, what]) => ({
    name,
    what,
  }));
  expect(rows).toEqual([...wings, ...doors]);
});

test("the page lists every room of a wing", () => {
  const rooms = [...page.matchAll(/^\| `src\/([a-z-]+\/[a-z/-]+)\/` /gm)].map(([, room]) => room!);
  const folders = readdirSync("src", { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map((entry) => relative("src", join(entry.parentPath, entry.name)));
  const isRoom = (folder: string) =>
    folder.includes("/") && !folder.startsWith("testing/") && !folder.startsWith("database/migrations/");
  expect(rooms.toSorted()).toEqual(folders.filter(isRoom).toSorted());
});

test("the page lists every file (if not: npm run docs:files)", () => {
  expect(wordsOf(page)).toEqual(wordsOf(withFilesList(page)));
});

describe("the page tells a life in numbered steps, a file for each", () => {
  const lives = page.split(/^## /m).filter((section) => section.startsWith("The life of "));
  test.each(lives.map((life) => [life.split("\n", 1)[0], life] as const))("%s", (_title, life) => {
    const steps = life.split(/^\d+\. /m).slice(1);
    expect(steps.length).toBeGreaterThan(4);
    for (const step of steps)
      for (const [, path] of step.matchAll(/`((?:src|test)\/[^`]+)`/g))
        expect(existsSync(path!), `${path} is not there`).toBe(true);
  });
  test("of a request, a change, an event and a refresh", () => {
    expect(lives.map((life) => life.split("\n", 1)[0])).toEqual([
      "The life of a request",
      "The life of a change",
      "The life of an event",
      "The life of a refresh",
    ]);
  });
});
