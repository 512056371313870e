import { systemStopwatch, type Clock, type Stopwatch } from "../../foundation/clock.js";
import type { Database } from "../engine.js";
import { sql, type Sql } from "../sql.js";
import type { Transaction } from "../transaction.js";

/** Forgets old events. */
export type EventPruning = {
  /** Prunes if a minute has passed since the last time. */
  readonly run: () => void;
  readonly overdueSeconds: () => number;
  readonly length: () => number;
  /** Ends after the slice that is being deleted. */
  readonly close: () => Promise<void>;
};

// A cursor may name an event that is older than itself: by this much, if a transaction takes long or clocks differ.
const keptLongerMilliseconds = 10 * 60 * 1000;
const everyMilliseconds = 60 * 1000;
/** Each slice is a transaction that waits for its turn, so that no other writer waits for long. */
const eventsOfSlice = 1000;
/** The most time of each minute. What is left by then is for the next one. */
const longestMilliseconds = 10_000;

export function eventPruning(parts: {
  readonly database: Database;
  readonly transaction: Transaction;
  readonly read: <Row>(statement: Sql) => Promise<Row[]>;
  /** Numbers the events that have no number yet, so that the first follower doesn't have to number a day of them. */
  readonly number: () => Promise<unknown>;
  readonly clock: Clock;
  readonly ttlSeconds: number;
  readonly onError: (error: unknown) => void;
  readonly stopwatch?: Stopwatch;
}): EventPruning {
  const { database, transaction, read, number, clock, ttlSeconds, onError, stopwatch = systemStopwatch } = parts;
  const { dialect, eventLog } = database.engine;
  const keptMilliseconds = ttlSeconds * 1000 + keptLongerMilliseconds;
  let prunedAt = clock().getTime();
  let pruning: Promise<unknown> = Promise.resolve();
  let isClosed = false;
  let state = { overdueSeconds: 0, length: 0 };

  const deleteSlice = (oldest: Date): Promise<number> =>
    transaction(async (em) => {
      const { text, values } = eventLog.deleteBefore(oldest, eventsOfSlice).in(dialect);
      return (await em.execute<unknown[]>(text, [...values])).length;
    });
  const measure = async (now: number): Promise<void> => {
    const [row] = await read<{ oldest: number | null; length: number }>(
      sql`select (select min(at) from events) as oldest,
        coalesce((select max(seq) from events) - (select min(seq) from events) + 1, 0) as length`,
    );
    const { oldest, length } = row!;
    const age = oldest === null ? 0 : now - oldest;
    // The newest event is kept, however old it is.
    state = { overdueSeconds: length > 1 ? Math.max(0, age - keptMilliseconds) / 1000 : 0, length };
  };
  const prune = async (now: number): Promise<void> => {
    const elapsed = stopwatch();
    const oldest = new Date(now - keptMilliseconds);
    await number();
    const mayGoOn = () => !isClosed && elapsed() < longestMilliseconds;
    while (mayGoOn() && (await deleteSlice(oldest)) > 0);
    await measure(now);
  };

  return {
    run() {
      const now = clock().getTime();
      if (isClosed || now - prunedAt < everyMilliseconds) return;
      prunedAt = now;
      pruning = pruning.then(() => prune(now)).catch(onError);
    },
    overdueSeconds: () => state.overdueSeconds,
    length: () => state.length,
    async close() {
      isClosed = true;
      await pruning;
    },
  };
}
