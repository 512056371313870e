import { expect, test } from "vitest";

import { isId, newId } from "../../../src/kit/id.js";

const at = (milliseconds: number) => new Date(Date.UTC(2026, 10, 22) + milliseconds);

test("sorts by creation, within a millisecond too, and when the clock steps back", () => {
  const ids = [at(0), at(0), at(0), at(1), at(0), at(-60_000), at(2)].map((now) => newId("post", now));
  expect(ids.toSorted()).toEqual(ids);
  expect(new Set(ids).size).toBe(ids.length);
});

test("is told from other kinds and from anything else", () => {
  const id = newId("post", at(0));
  expect(isId("post", id)).toBe(true);
  for (const other of [newId("user", at(0)), id.slice(5), `${id}x`, "post_", "", "post_\0"])
    expect(isId("post", other)).toBe(false);
});
