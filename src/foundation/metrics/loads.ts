import type { Loads } from "./metrics.js";

type Turns = () => { readonly waiting: number; readonly busy: number; readonly places: number };

/** What waits and runs, of those who know. */
export const loadsOf =
  (parts: {
    readonly connections: () => number;
    readonly live: () => Pick<Loads, "sockets" | "streams" | "subscriptions">;
    readonly eventLog: () => Loads["eventLog"];
    readonly reads: () => {
      readonly short: number;
      readonly slow: number;
      readonly busy: number;
      readonly places: number;
    };
    readonly isDatabaseAway: () => boolean;
    readonly writes: Turns;
    readonly passwords: Turns;
  }): (() => Loads) =>
  () => {
    const [reads, writes, passwords] = [parts.reads(), parts.writes(), parts.passwords()];
    return {
      connections: parts.connections(),
      ...parts.live(),
      eventLog: parts.eventLog(),
      isDatabaseAway: parts.isDatabaseAway(),
      queues: {
        short_reads: reads.short,
        slow_reads: reads.slow,
        writes: writes.waiting,
        passwords: passwords.waiting,
      },
      pools: { reads, writes, passwords },
    };
  };
