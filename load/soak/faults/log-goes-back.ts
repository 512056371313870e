import { setTimeout as pause } from "node:timers/promises";

import type { Fault } from "./fault.js";

// By then every process that follows the log has read the events.
const readByAllMilliseconds = 1500;
const mostEvents = 20;

/**
 * Removes events from the log that everybody has read, and moves later ones down, as if the database had gone back and
 * other events had taken their numbers. Clients that continue from a cursor receive RESET.
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
      // In two steps, since no two rows may have the same number in between.
      `update events set seq = -(seq - ${count}) where seq > ${last}`,
      `update events set seq = -seq where seq < 0`,
    ]);
  },
});
