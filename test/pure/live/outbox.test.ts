import { expect, test } from "vitest";

import { ByteBudget } from "../../../src/server/connection/byte-budget.js";
import { Outbox } from "../../../src/server/live/outbox.js";
import { handClock, handTimer } from "../../../src/testing/clock.js";

const kib = 1024;

function outboxOn(budgetBytes: number) {
  const answers = new ByteBudget(budgetBytes, handClock());
  const waiting: (() => void)[] = [];
  const outbox = new Outbox({
    answers,
    timer: handTimer(),
    sendTimeoutMilliseconds: 1000,
    clientKey: () => "ada",
    cut() {},
    transmit: (_part, isLast, sent) => void (isLast && waiting.push(sent)),
  });
  const takeAll = () => {
    for (const sent of waiting.splice(0)) sent();
  };
  return { answers, outbox, takeAll };
}

test("counts small parcels that add up for the bytes that all answers share", () => {
  const { answers, outbox, takeAll } = outboxOn(400 * kib);
  const parcel = ["x".repeat(10 * kib)];
  let sent = 0;
  while (sent < 100 && outbox.send(parcel, { isEvent: true })) sent += 1;
  // 64 KiB are free, and one client may hold half of the rest.
  expect(sent).toBe(6 + 20);
  const other = answers.open("bob", () => {});
  expect(other.take(200 * kib)).toBe(true);
  expect(other.take(20 * kib)).toBe(false);
  takeAll();
  expect(other.take(0)).toBe(true);
  expect(answers.open("carol", () => {}).take(200 * kib)).toBe(true);
});

test("lets what must be told through, and gives back no more than it took", () => {
  const { answers, outbox, takeAll } = outboxOn(200 * kib);
  expect(outbox.send(["x".repeat(90 * kib)])).toBe(true);
  expect(outbox.send(["x".repeat(90 * kib)])).toBe(false);
  expect(outbox.send(["x".repeat(90 * kib)], { evenWithoutRoom: true })).toBe(true);
  takeAll();
  expect(answers.open("bob", () => {}).take(100 * kib)).toBe(true);
  expect(answers.open("carol", () => {}).take(100 * kib)).toBe(true);
  expect(answers.open("dan", () => {}).take(20 * kib)).toBe(false);
});
