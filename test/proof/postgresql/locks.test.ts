import { expect, test } from "vitest";

import { allWriters, pairsBeside, illegitimateOf, runRound } from "../../../load/soak/locks/matrix.js";
import { makeCast, openStage } from "../../../load/soak/locks/stage.js";
import { writers } from "../../../load/soak/locks/writers.js";
import { newPostgresDatabase } from "../../support/postgres.js";
import { listenToStatements } from "../../support/statements.js";

/** The order in which transactions lock rows, by the tables that these are in. */
const order = [
  "users",
  "sessions",
  "refresh_tokens",
  "post_creations",
  "posts",
  "votes",
  "post_search",
  "scheduled_posts",
  "attempts",
  "events",
];

// An insert locks the rows that it refers to, and a deletion those that go with it.
const parents: Readonly<Record<string, readonly string[]>> = {
  sessions: ["users"],
  refresh_tokens: ["sessions"],
  posts: ["users"],
  post_creations: ["users"],
  votes: ["posts", "users"],
  post_search: ["posts"],
};

/** The tables in which a statement waits for rows that others have locked. */
function lockedBy(statement: string): readonly string[] {
  const [, inserted] = /^insert into (\w+)/.exec(statement) ?? [];
  if (inserted !== undefined) return [...(parents[inserted] ?? []), inserted];
  const [, changed] = /^(?:update|delete from) (\w+)/.exec(statement) ?? [];
  if (changed !== undefined) return [changed];
  if (!/for (update|share)/.test(statement)) return [];
  return [tableOf(statement)];
}

const tableOf = (select: string) => / from (?:\(select 1 from )?(\w+)/.exec(select)![1]!;

/** The tables of each transaction in the order in which it first waited for a row of theirs. */
function lockedIn(texts: readonly string[]): string[][] {
  const transactions: { readonly waits: string[]; readonly pruned: Set<string> }[] = [];
  for (const text of texts) {
    const statement = text.replaceAll('"', "").replaceAll(/\s+/g, " ");
    if (/^begin/i.test(statement)) transactions.push({ waits: [], pruned: new Set() });
    const { waits, pruned } = transactions.at(-1) ?? { waits: [], pruned: new Set() };
    // What is pruned was locked without waiting.
    if (/^select .* for update skip locked/.test(statement)) pruned.add(tableOf(statement));
    else if (/^delete from (\w+)/.test(statement) && pruned.has(/^delete from (\w+)/.exec(statement)![1]!)) continue;
    else for (const table of lockedBy(statement)) if (!waits.includes(table)) waits.push(table);
  }
  return transactions.map(({ waits }) => waits).filter((waits) => waits.length > 0);
}

const isInOrder = (tables: readonly string[]) =>
  tables.every((table, index) => index === 0 || order.indexOf(tables[index - 1]!) < order.indexOf(table));

test("every writer locks users first, then sessions, posts and the rest", async () => {
  const stage = await openStage(await newPostgresDatabase());
  const asked = listenToStatements();
  const seen: Record<string, string[][]> = {};
  for (const name of allWriters) {
    const [self, other] = await makeCast(stage);
    const before = asked().length;
    await writers[name]!({ stage, self, other, turn: 0 });
    seen[name] = lockedIn(
      asked()
        .slice(before)
        .map(({ text }) => text),
    );
  }
  await stage.close();

  const wrong = Object.entries(seen).filter(([, transactions]) => !transactions.every(isInOrder));
  expect(wrong).toEqual([]);
  // The recorder has seen what it is to judge.
  expect(seen).toMatchObject({
    login: [["users", "sessions", "refresh_tokens", "attempts"]],
    refreshSession: [["users", "sessions", "refresh_tokens"]],
    logoutEverywhere: [["users", "sessions"]],
    changePassword: [["users", "sessions", "attempts"]],
    deleteAccount: [["users", "posts", "attempts", "events"]],
    unvotePost: [["users", "posts", "votes"]],
    createPost: [["users", "post_creations", "posts", "post_search"]],
    "users disable": [["users", "sessions"]],
    "wrong login": [["attempts"]],
  });
});

test.each(["refreshSession", "votePost", "deleteAccount"])(
  "no writer meets a deadlock beside loops of %s",
  async (loop) => {
    const stage = await openStage(await newPostgresDatabase());
    const pairs = pairsBeside([loop]);
    await runRound(stage, pairs);
    const { unexpected } = stage;
    const deadlocks = await stage.deadlocks();
    await stage.close();

    expect(pairs.filter((pair) => illegitimateOf(pair).length > 0)).toEqual([]);
    expect(unexpected).toEqual([]);
    expect(deadlocks).toBe(0);
    if (loop === "deleteAccount") return;
    // Each of them came through; beside deletions some find nobody.
    const through = pairs.filter(({ codes }) => codes.has("ok")).map(({ writer }) => writer);
    expect(through.toSorted()).toEqual(allWriters.toSorted());
  },
);
