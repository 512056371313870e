import { setTimeout as pause } from "node:timers/promises";

import type { Fault } from "./fault.js";

// By then every process that follows the log has read what was there.
const readByAllMilliseconds = 1500;
const mostEvents = 20;

/**
 * Takes events out of the log that everybody has read, and moves those after them down, as if the database had gone back
 * and other events had taken their numbers. Clients that go on from a cursor are told to read their lists again.
 *
 * @param run runs statements in one transaction.
 */
export const logGoesBack = (
  newest: () => Promise<number>,
  run: (statements: readonly string[]) => Promise<void>,
): Fault => ({
  kind: "the event log goes back",
  // Neither reads nor writes fail.
  reads: [],
  writes: [],
  async run({ random }) {
    const last = await newest();
    const count = Math.min(1 + random.below(mostEvents), last);
    await pause(readByAllMilliseconds);
    await run([
      `delete from events where seq > ${last - count} and seq <= ${last}`,
      // Past each other: no two may have one number in between.
      `update events set seq = -(seq - ${count}) where seq > ${last}`,
      `update events set seq = -seq where seq < 0`,
    ]);
  },
});
