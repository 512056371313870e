import type { Loads } from "./metrics.js";

type LimiterLoad = () => { readonly waiting: number; readonly busy: number; readonly places: number };

/** Collects the values of the gauges from the parts of the server that know them. */
export const loadsOf =
  (sources: {
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
    readonly writes: LimiterLoad;
    readonly passwords: LimiterLoad;
  }): (() => Loads) =>
  () => {
    const [reads, writes, passwords] = [sources.reads(), sources.writes(), sources.passwords()];
    return {
      connections: sources.connections(),
      ...sources.live(),
      eventLog: sources.eventLog(),
      isDatabaseAway: sources.isDatabaseAway(),
      queues: {
        short_reads: reads.short,
        slow_reads: reads.slow,
        writes: writes.waiting,
        passwords: passwords.waiting,
      },
      pools: { reads, writes, passwords },
    };
  };
