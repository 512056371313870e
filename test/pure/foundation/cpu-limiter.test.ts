import { expect, test } from "vitest";

import { cpuLimiter } from "../../../src/foundation/fairness/cpu-limiter.js";
import { handTimer } from "../../../src/testing/clock.js";

/** A limiter whose work takes a given number of milliseconds, by a stopwatch of the test's own. */
function limiterOf(share: number) {
  let now = 0;
  const timer = handTimer();
  const turns = cpuLimiter(share, {
    timer,
    stopwatch: () =>
      (
        (start) => () =>
          now - start
      )(now),
  });
  const done: string[] = [];
  const work = (clientKey: string, milliseconds: number) =>
    turns.run(
      () => {
        now += milliseconds;
        done.push(clientKey);
      },
      { clientKey },
    );
  return { turns, timer, done, work };
}

const settled = () => new Promise((resolve) => void setImmediate(() => setImmediate(resolve)));

test("rests after each turn so long that other work gets its share", async () => {
  const { timer, done, work } = limiterOf(1 / 4);
  await work("a", 10);
  const next = work("b", 1);
  await settled();
  timer.elapse(29);
  await settled();
  expect(done).toEqual(["a"]);
  timer.elapse(1);
  await next;
  expect(done).toEqual(["a", "b"]);
});

test("alternates between client keys, however many turns one of them asks for", async () => {
  const { done, work } = limiterOf(1 / 2);
  const all = [work("first", 0), ...Array.from({ length: 5 }, () => work("greedy", 0)), work("modest", 0)];
  await Promise.all(all);
  expect(done.indexOf("modest")).toBeLessThan(3);
});

test("keeps a turn until it is left, and gives it up if the signal aborts first", async () => {
  const { turns, done, work } = limiterOf(1 / 2);
  const leave = await turns.enter({ clientKey: "a" });
  const over = new AbortController();
  const givenUp = turns.enter({ clientKey: "b", signal: over.signal });
  const after = work("c", 0);
  over.abort(new Error("over"));
  await expect(givenUp).rejects.toThrow("over");
  expect(done).toEqual([]);
  leave();
  await after;
  expect(done).toEqual(["c"]);
});

test("continues after work that throws", async () => {
  const { turns, done, work } = limiterOf(1 / 2);
  const failing = turns.run(
    () => {
      throw new Error("broken");
    },
    { clientKey: "a" },
  );
  await expect(failing).rejects.toThrow("broken");
  await work("b", 0);
  expect(done).toEqual(["b"]);
});

test("rejects the 101st waiting job of one client key, and none of another one", async () => {
  const { turns } = limiterOf(1 / 2);
  const leave = await turns.enter({ clientKey: "greedy" });
  const waiting = Array.from({ length: 100 }, () => turns.enter({ clientKey: "greedy" }));
  await expect(turns.enter({ clientKey: "greedy" })).rejects.toMatchObject({ code: "SERVICE_UNAVAILABLE" });
  const modest = turns.enter({ clientKey: "modest" });
  leave();
  const all = [...waiting, modest].map(async (turn) => (await turn)());
  await all.at(-1);
});
