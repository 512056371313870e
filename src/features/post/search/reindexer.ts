import type { Clock, Timer } from "../../../foundation/clock.js";
import type { Transaction } from "../../../database/transaction.js";
import { renewWords } from "./search-index.js";

// Between two batches others write.
const betweenBatchesMilliseconds = 20;
const lookEveryMilliseconds = 10 * 60 * 1000;

/** The renewal of words: `wake` is called after each commit, and `close` ends it once nothing is being renewed. */
export type WordsRenewal = { readonly wake: () => void; readonly close: () => Promise<void> };

/**
 * Renews, a few posts at a time, the words that were made by other rules: all of them after an upgrade, and later those of
 * posts that servers of the previous release still write.
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
  let lookedAt = clock().getTime();

  const renew = async (): Promise<void> => {
    cancel = undefined;
    lookedAt = clock().getTime();
    try {
      if ((await renewWords(transaction)) > 0 && !isClosed) cancel = timer(betweenBatchesMilliseconds, start);
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
      const isTime = clock().getTime() - lookedAt >= lookEveryMilliseconds;
      if (isTime && !isClosed && running === undefined && cancel === undefined) start();
    },
    async close() {
      isClosed = true;
      cancel?.();
      await running;
    },
  };
}
