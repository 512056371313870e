import { setTimeout as pause } from "node:timers/promises";

import type { Random } from "../../../src/cli/seed/random.js";
import type { Allowance } from "../fault-windows.js";

/** A fault, which ends by itself. */
export type Fault = Allowance & {
  readonly kind: string;
  /** Whether one process has it; the others must be unaffected. */
  readonly isOfOneProcess?: boolean;
  /** Causes the fault and ends it; everything is restored when the promise resolves. */
  readonly run: (random: Random, process: number, pid: number) => Promise<void>;
};

/** A database under test, and its faults. */
export type TestedDatabase = {
  readonly name: string;
  readonly url: string;
  readonly faults: readonly Fault[];
  /** Faults that this machine doesn't allow, and why. */
  readonly skipped: readonly string[];
  /** Queries the database directly. */
  readonly rows: (query: string) => Promise<any[]>;
  readonly close: () => Promise<void>;
};

/** The error codes while the database can't be reached or doesn't answer. */
export const away = ["SERVICE_UNAVAILABLE", "TIMEOUT"];

/**
 * Removes events from the log that all processes have read, and moves later ones down, as if the database had gone back
 * and other events had taken their numbers. Clients that continue from a cursor receive RESET. No request may fail.
 *
 * @param run runs statements in one transaction.
 */
export const logGoesBack = (
  newest: () => Promise<number>,
  run: (statements: readonly string[]) => Promise<unknown>,
): Fault => ({
  kind: "the event log goes back",
  reads: [],
  writes: [],
  async run(random) {
    const last = await newest();
    const count = Math.min(1 + random.below(20), last);
    // By then every process that follows the log has read the events.
    await pause(1500);
    await run([
      `delete from events where seq > ${last - count} and seq <= ${last}`,
      // In two steps, since no two rows may have the same number in between.
      `update events set seq = -(seq - ${count}) where seq > ${last}`,
      `update events set seq = -seq where seq < 0`,
    ]);
  },
});
