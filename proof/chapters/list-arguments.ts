import type { Random } from "../../src/cli/seed/random.js";
import type { Known } from "./everyday.js";

const fields = ["CREATED_AT", "PUBLISHED_AT", "TITLE", "UPDATED_AT", "VOTE_COUNT"];
const searches = [
  "apple",
  "fox",
  "brown fo",
  "日本",
  "ecole",
  "ÄPFEL",
  "",
  "   ",
  "nothing at all",
  "a".repeat(201),
  "x y z",
  "!",
  "1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17",
];
const instants = ["2001-01-01T00:00:00.000Z", "2099-01-01T00:00:00.000Z", "yesterday", "2099-02-30T00:00:00Z"];

/** Draws the arguments of a list. Most are right; paging goes on from cursors of earlier answers. */
export function listArguments(random: Random, known: Known): Record<string, unknown> {
  const chance = (share: number) => random.next() < share;
  const listed: Record<string, unknown> = {};
  const size = () => (chance(0.1) ? random.pick([-1, 0, 100, 101, 2 ** 31, 1.5, "3"]) : 1 + random.below(8));
  const cursor = () =>
    chance(0.08) || known.cursors.length === 0 ? random.pick(["", "x", "WzEsMl0"]) : random.pick(known.cursors);
  const isBackward = chance(0.35);
  if (chance(0.85)) listed[isBackward ? "last" : "first"] = size();
  if (chance(0.04)) listed["first"] = 3;
  if (chance(0.4)) listed[isBackward ? "before" : "after"] = cursor();
  if (chance(0.06)) listed["before"] = cursor();
  if (!isBackward && chance(0.12)) listed["offset"] = random.pick([0, 1, 5, 10_000, 10_001, -1]);
  if (chance(0.35)) listed["orderBy"] = { field: random.pick(fields), direction: random.pick(["ASC", "DESC"]) };
  if (chance(0.2)) listed["search"] = random.pick(searches);
  if (chance(0.25)) {
    const filter: Record<string, unknown> = {};
    if (chance(0.5)) filter["status"] = random.pick(["DRAFT", "SCHEDULED", "PUBLISHED", "GONE"]);
    if (chance(0.4)) filter["authorId"] = chance(0.9) ? random.pick(known.accounts).id : "nobody";
    if (chance(0.3)) filter["createdAfter"] = random.pick(instants);
    if (chance(0.3)) filter["createdBefore"] = random.pick(instants);
    listed["filter"] = filter;
  }
  return listed;
}
