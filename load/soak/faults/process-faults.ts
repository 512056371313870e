import { setTimeout as pause } from "node:timers/promises";

import { headOf, rawConnection } from "../../raw-request.js";
import type { Clocks } from "../clocks.js";
import type { Processes } from "../processes.js";
import type { Fault } from "./fault.js";

// Hosts' clocks may differ by less than 60 s, and a token lives for 20.
const mostAheadMilliseconds = 30_000;

/** Faults of one process. If the connections of its clients break, those of all other clients must not. */
export function processFaults(processes: Processes, clocks: Clocks): readonly Fault[] {
  const unnoticed = { reads: [], writes: [], isOfOneProcess: true };
  const closed = { reads: ["closed"], writes: ["closed"], isOfOneProcess: true };
  const clockSteps: Fault = {
    ...unnoticed,
    kind: "clock steps of a process",
    async run(random, process) {
      for (let times = 1 + random.below(4); times > 0; times -= 1) {
        clocks.set(process, random.between(-mostAheadMilliseconds, mostAheadMilliseconds));
        await pause(random.between(500, 3000));
      }
      clocks.set(process, 0);
    },
  };
  return [
    ...(clocks.whyNot === undefined ? [clockSteps] : []),
    {
      ...unnoticed,
      kind: "slow clients of a process",
      async run(random, process) {
        const close = openSlowClients(processes.server(process).url);
        await pause(random.between(2000, 6000));
        close();
      },
    },
    {
      ...closed,
      kind: "kill -9 of a process",
      async run(random, process) {
        await processes.server(process).kill();
        await pause(random.between(0, 1000));
        await processes.start(process);
      },
    },
    {
      ...closed,
      kind: "SIGTERM to a process",
      isGraceful: true,
      async run(_random, process) {
        await processes.stop(process);
        await processes.start(process);
      },
    },
  ];
}

/**
 * Opens connections of which half send part of a request, and half send many and read none of the large answers.
 *
 * @returns a function that closes them.
 */
function openSlowClients(url: string): () => void {
  const body = JSON.stringify({ query: "{ __schema { types { name description fields { name description } } } }" });
  const headers = { "content-type": "application/json" };
  const unread = `${headOf(headers, body.length)}${body}`.repeat(20);
  const unfinished = `${headOf(headers, 100_000)}${body}`;
  const sockets = Array.from({ length: 80 }, (_, index) => {
    const socket = rawConnection(url);
    socket.write(index % 2 === 0 ? unfinished : unread);
    return socket;
  });
  return () => {
    for (const socket of sockets) socket.destroy();
  };
}
