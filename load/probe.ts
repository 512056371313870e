import { setTimeout as pause } from "node:timers/promises";

import { median, quantile } from "./statistics.js";
import type { Answer } from "./client.js";

/** Sends requests at a steady rate, however long earlier ones take, so that one wait doesn't hide another. */
export type Probe = {
  /** Stops sending, waits for running requests, and returns all samples. Those that are late are `unanswered`. */
  readonly stop: (patienceMilliseconds?: number) => Promise<Sample[]>;
};
export type Sample = Pick<Answer, "code" | "sentAt" | "milliseconds">;

export function startProbe(everyMilliseconds: number, send: () => Promise<Answer>): Probe {
  const samples: Sample[] = [];
  const underWay = new Map<number, { sentAt: number; settled: Promise<void> }>();
  let count = 0;
  const settle = async (number: number) => {
    const answer = await send();
    // An abandoned request is counted already.
    if (underWay.delete(number)) samples.push(answer);
  };
  const timer = setInterval(() => {
    const number = count++;
    underWay.set(number, { sentAt: performance.now(), settled: settle(number) });
  }, everyMilliseconds);
  return {
    async stop(patienceMilliseconds = 2000) {
      clearInterval(timer);
      const all = Promise.all([...underWay.values()].map(({ settled }) => settled));
      await Promise.race([all, pause(patienceMilliseconds)]);
      const now = performance.now();
      for (const { sentAt } of underWay.values())
        samples.push({ code: "unanswered", sentAt, milliseconds: now - sentAt });
      underWay.clear();
      return samples.toSorted((a, b) => a.sentAt - b.sentAt);
    },
  };
}

/** Summarizes samples, in milliseconds. */
export function summaryOf(samples: readonly Sample[]) {
  const milliseconds = samples.map((sample) => sample.milliseconds);
  const answered = samples.filter(({ code }) => code === "ok").length;
  return {
    count: samples.length,
    codes: codesOf(samples),
    answeredShare: samples.length === 0 ? 0 : answered / samples.length,
    p50: milliseconds.length === 0 ? Infinity : median(milliseconds),
    p99: milliseconds.length === 0 ? Infinity : quantile(milliseconds, 0.99),
    longest: milliseconds.length === 0 ? Infinity : Math.max(...milliseconds),
  };
}

/** Lists how often each code was seen, the most frequent first: `ok 180, TIMEOUT 20`. */
export function codesOf(samples: readonly { readonly code: string }[]): string {
  const counts = new Map<string, number>();
  for (const { code } of samples) counts.set(code, (counts.get(code) ?? 0) + 1);
  return wordsFor(counts);
}

export function wordsFor(counts: Iterable<readonly [string, number]>): string {
  const sorted = [...counts].toSorted(([, a], [, b]) => b - a);
  return sorted.length === 0 ? "none" : sorted.map(([code, count]) => `${code} ${count}`).join(", ");
}
