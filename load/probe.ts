import { setTimeout as pause } from "node:timers/promises";

import type { Answer } from "./client.js";

export type Sample = Pick<Answer, "code" | "sentAt" | "milliseconds">;

/** Sends requests at a steady rate, however long earlier ones take, so that one wait doesn't hide another. */
export type Probe = {
  /** Stops sending, waits for running requests, and returns all samples. Those that are late are `unanswered`. */
  readonly stop: (patienceMilliseconds?: number) => Promise<Sample[]>;
};

export function startProbe(everyMilliseconds: number, send: () => Promise<Answer>): Probe {
  const samples: Sample[] = [];
  const running = new Map<object, { sentAt: number; settled: Promise<void> }>();
  const timer = setInterval(() => {
    const key = {};
    const settle = async () => {
      const answer = await send();
      // An abandoned request is counted already.
      if (running.delete(key)) samples.push(answer);
    };
    running.set(key, { sentAt: performance.now(), settled: settle() });
  }, everyMilliseconds);
  return {
    async stop(patienceMilliseconds = 2000) {
      clearInterval(timer);
      await Promise.race([
        Promise.all([...running.values()].map(({ settled }) => settled)),
        pause(patienceMilliseconds),
      ]);
      const now = performance.now();
      for (const { sentAt } of running.values())
        samples.push({ code: "unanswered", sentAt, milliseconds: now - sentAt });
      running.clear();
      return samples;
    },
  };
}
