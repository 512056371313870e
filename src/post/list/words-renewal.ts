import type { Timer } from "../../clock.js";
import type { Transaction } from "../../database/transaction.js";
import { renewWords } from "./search-index.js";

// Between two batches others write.
const betweenBatchesMilliseconds = 20;
const lookEveryMilliseconds = 10 * 60 * 1000;

/**
 * Renews, a few posts at a time, the words that were made by other rules: all of them after an upgrade, and later those of
 * posts that servers of the previous release still write.
 *
 * @returns what ends it, once nothing is being renewed.
 */
export function keepRenewingWords(parts: {
  readonly transaction: Transaction;
  readonly timer: Timer;
  readonly onError: (error: unknown) => void;
}): () => Promise<void> {
  const { transaction, timer, onError } = parts;
  let running: Promise<void> | undefined;
  let isClosed = false;
  let cancel: () => void;

  const renewIn = (milliseconds: number): void => {
    if (!isClosed) cancel = timer(milliseconds, () => (running = renew()));
  };
  const renew = async (): Promise<void> => {
    try {
      const posts = await renewWords(transaction);
      renewIn(posts > 0 ? betweenBatchesMilliseconds : lookEveryMilliseconds);
    } catch (error) {
      if (!isClosed) onError(error);
      renewIn(lookEveryMilliseconds);
    }
  };

  renewIn(betweenBatchesMilliseconds);
  return async () => {
    isClosed = true;
    cancel();
    await running;
  };
}
