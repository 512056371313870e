import type { Clock, Timer } from "../../../foundation/clock.js";
import type { Transaction } from "../../../database/transaction.js";
import { renewWords } from "./search-index.js";

// Other writers go between two batches.
const pauseMilliseconds = 20;
const checkEveryMilliseconds = 10 * 60 * 1000;

/** The background indexing: `wake` is called after each commit, and `close` waits for the current batch. */
export type WordsRenewal = { readonly wake: () => void; readonly close: () => Promise<void> };

/**
 * Indexes posts again, batch by batch, whose words were made by other rules: all of them after an upgrade, and later those
 * that servers of the previous release still write.
 */
export function keepRenewingWords(parts: {
  readonly transaction: Transaction;
  readonly clock: Clock;
  readonly timer: Timer;
  readonly onError: (error: unknown) => void;
}): WordsRenewal {
  const { transaction, clock, timer, onError } = parts;
  let running: Promise<void> | undefined;
  let cancel: (() => void) | undefined;
  let isClosed = false;
  let checkedAt = clock().getTime();

  const renew = async (): Promise<void> => {
    cancel = undefined;
    checkedAt = clock().getTime();
    try {
      if ((await renewWords(transaction)) > 0 && !isClosed) cancel = timer(pauseMilliseconds, start);
    } catch (error) {
      if (!isClosed) onError(error);
    }
  };
  const start = (): void => {
    running = renew().finally(() => (running = undefined));
  };

  start();
  return {
    wake() {
      const isDue = clock().getTime() - checkedAt >= checkEveryMilliseconds;
      if (isDue && !isClosed && running === undefined && cancel === undefined) start();
    },
    async close() {
      isClosed = true;
      cancel?.();
      await running;
    },
  };
}
