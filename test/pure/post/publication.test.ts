import { describe, expect, test } from "vitest";

import { KnownError } from "../../../src/foundation/errors.js";
import {
  PostStatus,
  publishedAtAfter,
  statusAt,
  type PublicationChange,
} from "../../../src/features/post/post-publication.js";

const now = new Date("2026-11-22T09:00:00.417Z");
const earlier = new Date(now.getTime() - 1000);
const later = new Date(now.getTime() + 1000);
const latest = new Date(now.getTime() + 2000);

/** The `publishedAt` of a post in each state. */
const posts = { draft: null, scheduled: later, published: earlier };
type State = keyof typeof posts;

const refused = "BAD_USER_INPUT";
const outcomeOf = (state: State, change: PublicationChange) => {
  try {
    return publishedAtAfter(posts[state], change, now);
  } catch (error) {
    return (error as KnownError).code;
  }
};

describe.each<{ of: string; change: PublicationChange; draft: unknown; scheduled: unknown; published: unknown }>([
  { of: "nothing", change: {}, draft: null, scheduled: later, published: earlier },
  { of: "published: true", change: { published: true }, draft: now, scheduled: now, published: earlier },
  { of: "published: false", change: { published: false }, draft: null, scheduled: null, published: null },
  { of: "a future publishAt", change: { publishAt: latest }, draft: latest, scheduled: latest, published: refused },
  { of: "publishAt: null", change: { publishAt: null }, draft: null, scheduled: null, published: earlier },
])("$of", ({ change, ...outcomes }) => {
  test.each(Object.keys(posts) as State[])("of a post that is %s", (state) => {
    expect(outcomeOf(state, change)).toEqual(outcomes[state]);
  });
});

test("is scheduled until the millisecond before its date, and published from its date on", () => {
  const at = (milliseconds: number) => statusAt(later, new Date(later.getTime() + milliseconds));
  expect([at(-1), at(0), at(1)]).toEqual([PostStatus.SCHEDULED, PostStatus.PUBLISHED, PostStatus.PUBLISHED]);
  expect(statusAt(null, now)).toBe(PostStatus.DRAFT);
});
