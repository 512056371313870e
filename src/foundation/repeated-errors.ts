import type { Logger } from "pino";

import type { Timer } from "./clock.js";

/** Logs an error, at most once a second however often it occurs. */
export type RepeatedErrors = (error: unknown, message: string) => void;

const intervalMilliseconds = 1000;

/**
 * Logs an error at once. If it occurs again, the latest one is logged a second later with the `count` since the line
 * before: an outage would otherwise write a stack for each operation. Errors with the same message and code are the
 * same.
 */
export function repeatedErrors(log: Logger, timer: Timer): RepeatedErrors {
  const latest = new Map<string, { error: unknown; count: number }>();
  const wait = (key: string, message: string): void =>
    void timer(intervalMilliseconds, () => {
      const { error, count } = latest.get(key)!;
      latest.delete(key);
      if (count === 0) return;
      log.error({ err: error, count }, message);
      latest.set(key, { error, count: 0 });
      wait(key, message);
    });
  return (error, message) => {
    const key = `${message} ${String((error as { code?: unknown } | null)?.code)}`;
    const before = latest.get(key);
    if (before !== undefined) return void latest.set(key, { error, count: before.count + 1 });
    log.error({ err: error }, message);
    latest.set(key, { error, count: 0 });
    wait(key, message);
  };
}
