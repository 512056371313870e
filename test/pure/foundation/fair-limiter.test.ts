import { expect, test } from "vitest";

import { fairQueue } from "../../../src/foundation/fairness/fair-queue.js";
import { fairLimiter } from "../../../src/foundation/fairness/fair-limiter.js";

test("alternates between clients, however many items one of them queues", () => {
  const queue = fairQueue<string>();
  for (const item of ["a1", "a2", "a3"]) queue.add("a", item);
  for (const item of ["b1", "b2"]) queue.add("b", item);
  queue.add("c", "c1");
  expect([queue.take(), queue.take()]).toEqual(["a1", "b1"]);
  queue.add("d", "d1");
  expect(Array.from({ length: 6 }, () => queue.take())).toEqual(["c1", "d1", "a2", "b2", "a3", undefined]);
});

test("gives a client whose turns take longer fewer turns, also after it has stopped waiting", () => {
  const queue = fairQueue<string>();
  const take = (clientKey: string, cost: number) => {
    const item = queue.take();
    queue.charge(clientKey, cost);
    return item;
  };
  queue.add("slow", "s1");
  queue.add("quick", "q1");
  expect(take("slow", 3)).toBe("s1");
  queue.add("slow", "s2");
  for (const item of ["q2", "q3", "q4"]) queue.add("quick", item);
  expect(Array.from({ length: 4 }, () => take("quick", 0))).toEqual(["q1", "q2", "q3", "q4"]);
  // They have been given the same by now, and the one that has waited longer is next.
  queue.add("quick", "q5");
  expect([queue.take(), queue.take(), queue.take()]).toEqual(["s2", "q5", undefined]);
});

test("doesn't compensate a client for the time in which it queued nothing", () => {
  const queue = fairQueue<string>();
  for (const item of ["a1", "a2", "a3", "a4"]) queue.add("a", item);
  expect([queue.take(), queue.take(), queue.take()]).toEqual(["a1", "a2", "a3"]);
  for (const item of ["b1", "b2", "b3"]) queue.add("b", item);
  expect([queue.take(), queue.take(), queue.take(), queue.take()]).toEqual(["b1", "a4", "b2", "b3"]);
});

test("removes an item that no longer waits, once", () => {
  const queue = fairQueue<string>();
  queue.add("a", "one");
  expect(queue.remove("a", "one")).toBe(true);
  expect(queue.remove("a", "one")).toBe(false);
  expect(queue.remove("nobody", "one")).toBe(false);
  expect(queue.take()).toBeUndefined();
});

/** A limiter whose jobs end when a test ends them. */
function heldLimiter(places: number, longestQueue?: number) {
  const inTurn = fairLimiter(places, { longestQueue });
  const begun: string[] = [];
  const ends = new Map<string, () => void>();
  return {
    begun,
    run: (name: string, clientKey: string, waiting: { first?: boolean; signal?: AbortSignal } = {}) =>
      inTurn(
        async () => {
          begun.push(name);
          await new Promise<void>((resolve) => ends.set(name, resolve));
        },
        { clientKey, ...waiting },
      ),
    end: async (name: string) => {
      ends.get(name)!();
      await new Promise((resolve) => setImmediate(resolve));
    },
  };
}

test("runs jobs that are first before the others, and alternates between clients among the others", async () => {
  const { begun, run, end } = heldLimiter(1);
  const all = [
    run("first of a", "a"),
    run("second of a", "a"),
    run("third of a", "a"),
    run("first of b", "b"),
    run("known", "c", { first: true }),
  ];
  for (const name of ["first of a", "known", "second of a", "first of b", "third of a"]) {
    expect(begun.at(-1)).toBe(name);
    await end(name);
  }
  await Promise.all(all);
});

test("rejects a job if the queue is full, and forgets a job that stopped waiting", async () => {
  const { begun, run, end } = heldLimiter(1, 2);
  const leaving = new AbortController();
  const running = run("running", "a");
  const waiting = run("waiting", "a");
  const left = run("left", "b", { signal: leaving.signal });

  await expect(run("too many", "c")).rejects.toMatchObject({
    code: "SERVICE_UNAVAILABLE",
    details: { retryAfterSeconds: 1 },
  });
  // Jobs that go first are counted separately.
  const known = run("known", "d", { first: true });
  leaving.abort(new Error("gone"));
  await expect(left).rejects.toThrow("gone");
  const late = run("late", "c");

  for (const name of ["running", "known", "waiting", "late"]) await end(name);
  await Promise.all([running, waiting, known, late]);
  expect(begun).toEqual(["running", "known", "waiting", "late"]);
});
