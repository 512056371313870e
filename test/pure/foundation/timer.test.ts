import { afterEach, beforeEach, expect, test, vi } from "vitest";

import { systemTimer } from "../../../src/foundation/clock.js";

const day = 24 * 60 * 60 * 1000;

beforeEach(() => void vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] }));
afterEach(() => void vi.useRealTimers());

test("waits longer than Node's timers can", () => {
  const run = vi.fn<() => void>();
  systemTimer(90 * day, run);
  vi.advanceTimersByTime(90 * day - 1);
  expect(run).not.toHaveBeenCalled();
  vi.advanceTimersByTime(1);
  expect(run).toHaveBeenCalledOnce();
  expect(vi.getTimerCount()).toBe(0);
});

test("can be cancelled after days", () => {
  const run = vi.fn<() => void>();
  const cancel = systemTimer(90 * day, run);
  vi.advanceTimersByTime(30 * day);
  cancel();
  expect(vi.getTimerCount()).toBe(0);
  vi.advanceTimersByTime(90 * day);
  expect(run).not.toHaveBeenCalled();
});
