import { expect, test } from "vitest";

import { interruptible } from "../../src/database/statement-queue.js";
import { sql } from "../../src/database/sql.js";
import { handTimer } from "../../src/testing/clock.js";

/** A connection whose statement, interruptions and time a test ends by hand. */
function held() {
  const timer = handTimer();
  let end!: (rows: unknown[]) => void;
  const noted: (() => void)[] = [];
  const all = interruptible(
    async () => ({
      run: () => new Promise((resolve) => (end = resolve)),
      interrupt: () => new Promise<void>((resolve) => noted.push(resolve)),
    }),
    timer,
    20,
  );
  return { all, timer, noted, end: (rows: unknown[]) => end(rows) };
}

const turn = () => new Promise((resolve) => setImmediate(resolve));

test("interrupts again once the time is up, and not before the database has taken note of the last time", async () => {
  const { all, timer, noted, end } = held();
  const controller = new AbortController();
  const rows = all(sql`select 1`, controller.signal);
  await turn();
  controller.abort();
  expect([noted.length, timer.waiting()]).toEqual([1, 0]);

  noted[0]!();
  await turn();
  expect([noted.length, timer.waiting()]).toEqual([1, 1]);
  timer.ring();
  expect(noted).toHaveLength(2);

  end([{ one: 1 }]);
  expect(await rows).toEqual([{ one: 1 }]);
  noted[1]!();
  await turn();
  expect(timer.waiting()).toBe(0);
});
