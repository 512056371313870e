import { setTimeout as pause } from "node:timers/promises";

import type { Processes } from "../processes.js";
import type { Fault } from "./fault.js";

/** What can happen to one of the processes. The connections of its clients break; everybody else's must not. */
export function processFaults(processes: Processes): readonly Fault[] {
  const closed = { reads: ["closed"], writes: ["closed"], ofOneProcess: true };
  return [
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
