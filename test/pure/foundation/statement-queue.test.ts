import { expect, test } from "vitest";

import { sql } from "../../../src/database/sql.js";
import { StatementQueue } from "../../../src/database/statement-queue.js";
import { handTimer } from "../../../src/testing/clock.js";

/** A connection whose statement, requests to cancel and time a test ends by hand. */
function heldQueue() {
  const timer = handTimer();
  let end!: (rows: unknown[]) => void;
  const cancelRequests: (() => void)[] = [];
  const queue = new StatementQueue({
    prepare: async () => ({
      run: () => new Promise((resolve) => (end = resolve)),
      cancel: () => new Promise<void>((resolve) => cancelRequests.push(resolve)),
    }),
    timer,
    repeatCancelMilliseconds: 20,
  });
  return { queue, timer, cancelRequests, end: (rows: unknown[]) => end(rows) };
}

const turn = () => new Promise((resolve) => setImmediate(resolve));

test("repeats a request to cancel when its time is up, but not before the last request was received", async () => {
  const { queue, timer, cancelRequests, end } = heldQueue();
  const controller = new AbortController();
  const rows = queue.all(sql`select 1`, controller.signal);
  await turn();
  controller.abort();
  expect([cancelRequests.length, timer.waiting()]).toEqual([1, 0]);

  cancelRequests[0]!();
  await turn();
  expect([cancelRequests.length, timer.waiting()]).toEqual([1, 1]);
  timer.ring();
  expect(cancelRequests).toHaveLength(2);

  end([{ one: 1 }]);
  expect(await rows).toEqual([{ one: 1 }]);
  cancelRequests[1]!();
  await turn();
  expect(timer.waiting()).toBe(0);
});
