import { setTimeout as pause } from "node:timers/promises";

import type { Clocks } from "../clocks.js";
import type { Processes } from "../processes.js";
import type { Fault } from "./fault.js";
import { holdSlowClients } from "./slow-clients.js";

// Hosts' clocks may differ by less than 60 s, and a token lives for 20.
const mostAheadMilliseconds = 30_000;
const slowClients = 40;

/** Faults of one process. If the connections of its clients break, those of all other clients must not. */
export function processFaults(processes: Processes, clocks: Clocks): readonly Fault[] {
  // No other process may be affected, and this one only in its time.
  const unnoticed = { reads: [], writes: [], ofOneProcess: true };
  const steps: Fault = {
    ...unnoticed,
    kind: "clock steps of a process",
    async run({ random, process }) {
      for (let times = 1 + random.below(4); times > 0; times -= 1) {
        clocks.set(process, random.between(-mostAheadMilliseconds, mostAheadMilliseconds));
        await pause(random.between(500, 3000));
      }
      clocks.set(process, 0);
    },
  };
  const slow: Fault = {
    ...unnoticed,
    kind: "slow clients of a process",
    async run({ random, process }) {
      const letGo = holdSlowClients(processes.url(process), slowClients);
      await pause(random.between(2000, 6000));
      letGo();
    },
  };
  const closed = { reads: ["closed"], writes: ["closed"], ofOneProcess: true };
  return [
    slow,
    ...(clocks.whyNot === undefined ? [steps] : []),
    {
      ...closed,
      kind: "kill -9 of a process",
      async run({ random, process }) {
        await processes.kill(process);
        await pause(random.between(0, 1000));
        await processes.start(process);
      },
    },
    {
      ...closed,
      kind: "SIGTERM to a process",
      isGraceful: true,
      async run({ process }) {
        await processes.stop(process);
        await processes.start(process);
      },
    },
  ];
}
