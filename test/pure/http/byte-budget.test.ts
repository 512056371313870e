import { expect, test } from "vitest";

import { ByteBudget } from "../../../src/server/connection/byte-budget.js";
import { handClock } from "../../../src/testing/clock.js";

const kib = 1024;

function budgetOf(limit: number) {
  const clock = handClock();
  const budget = new ByteBudget(limit, clock);
  const cuts: string[] = [];
  return {
    clock,
    cuts,
    open: (clientKey: string, name = clientKey) => budget.open(clientKey, () => void cuts.push(name)),
  };
}

test("gives one client at most half, and released bytes to others", () => {
  const { open } = budgetOf(200 * kib);
  const [one, two, three] = [open("a"), open("a"), open("b")];
  expect(one.take(60 * kib)).toBe(true);
  expect(two.take(41 * kib)).toBe(false);
  expect(two.take(40 * kib)).toBe(true);
  expect(three.take(100 * kib)).toBe(true);
  expect(open("c").take(17 * kib)).toBe(false);
  one.close();
  one.close();
  expect(open("c").take(60 * kib)).toBe(true);
});

test("always lets in what is small", () => {
  const { open } = budgetOf(100 * kib);
  open("a").take(50 * kib);
  open("b").take(50 * kib);
  const small = open("a");
  expect(small.take(16 * kib)).toBe(true);
  expect(small.take(1)).toBe(false);
});

test("cuts those without progress for a second, the one that has waited longest first, as far as there is need", () => {
  const { clock, cuts, open } = budgetOf(120 * kib);
  for (const name of ["first", "second", "third"]) {
    const share = open(name);
    share.take(40 * kib);
    share.awaitClient();
    clock.advance(10);
  }
  clock.advance(969);
  expect(open("late").take(40 * kib)).toBe(false);
  expect(cuts).toEqual([]);
  clock.advance(1);
  expect(open("late").take(40 * kib)).toBe(true);
  expect(cuts).toEqual(["first"]);
  expect(open("later").take(40 * kib)).toBe(false);
});

test("cuts nobody who makes progress, or who is no longer waited for, and only one's own for one's own half", () => {
  const { clock, cuts, open } = budgetOf(120 * kib);
  const [moving, working, own] = [open("a", "moving"), open("b", "working"), open("c", "own")];
  for (const share of [moving, working, own]) {
    share.take(40 * kib);
    share.awaitClient();
  }
  clock.advance(5000);
  moving.awaitClient();
  working.stopAwaiting();
  expect(open("c").take(40 * kib)).toBe(true);
  expect(cuts).toEqual(["own"]);
  expect(open("d").take(40 * kib)).toBe(false);
  expect(cuts).toEqual(["own"]);
});

test("takes up to a size what isn't held yet", () => {
  const { open } = budgetOf(200 * kib);
  const share = open("a");
  expect(share.take(60 * kib)).toBe(true);
  expect(share.takeUpTo(50 * kib)).toBe(true);
  expect(share.takeUpTo(100 * kib)).toBe(true);
  expect(share.takeUpTo(101 * kib)).toBe(false);
});

test("gives nothing to who has closed, and lets go of everything once", () => {
  const budget = new ByteBudget(1_000_000, () => new Date(0));
  const [one, two] = [budget.open("one", () => {}), budget.open("two", () => {})];
  expect(one.take(400_000)).toBe(true);
  one.close();
  expect([one.take(400_000), one.takeUpTo(400_000)]).toEqual([false, false]);
  one.close();
  // Half is the most for one client, and all of that is there.
  expect([two.take(500_000), two.take(1)]).toEqual([true, false]);
});
