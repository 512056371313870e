import { systemStopwatch, type Clock, type Stopwatch } from "../../foundation/clock.js";
import type { Database } from "../engine.js";
import { sql } from "../sql.js";
import type { Transaction } from "../transaction.js";
import type { EventLogReader } from "./event-log-reader.js";

// A cursor may name an event that is older than itself, if a transaction takes long or clocks differ.
const keptLongerMilliseconds = 10 * 60 * 1000;
const intervalMilliseconds = 60 * 1000;
// Each batch is a transaction that waits for its turn, so that no other writer waits for long.
const eventsPerBatch = 1000;
// The longest time spent in each interval. The rest is left for the next one.
const maxMilliseconds = 10_000;

export type EventPruningOptions = {
  readonly database: Database;
  readonly transaction: Transaction;
  readonly eventLog: Pick<EventLogReader, "read" | "numberEvents">;
  readonly clock: Clock;
  readonly ttlSeconds: number;
  readonly onError: (error: unknown) => void;
  readonly stopwatch?: Stopwatch;
};

/** Deletes old events, once a minute at most. */
export class EventPruning {
  private readonly keptMilliseconds: number;
  private prunedAt: number;
  private pruning: Promise<unknown> = Promise.resolve();
  private isClosed = false;
  private state = { overdueSeconds: 0, length: 0 };

  constructor(private readonly options: EventPruningOptions) {
    this.keptMilliseconds = options.ttlSeconds * 1000 + keptLongerMilliseconds;
    this.prunedAt = options.clock().getTime();
  }

  /** Prunes if a minute has passed since the last time. */
  run(): void {
    const { clock, onError } = this.options;
    const now = clock().getTime();
    if (this.isClosed || now - this.prunedAt < intervalMilliseconds) return;
    this.prunedAt = now;
    this.pruning = this.pruning.then(() => this.prune(now)).catch(onError);
  }

  overdueSeconds(): number {
    return this.state.overdueSeconds;
  }

  length(): number {
    return this.state.length;
  }

  /** Resolves after the batch that is being deleted. */
  async close(): Promise<void> {
    this.isClosed = true;
    await this.pruning;
  }

  private async prune(now: number): Promise<void> {
    const { eventLog, stopwatch = systemStopwatch } = this.options;
    const elapsedMilliseconds = stopwatch();
    const oldest = new Date(now - this.keptMilliseconds);
    // Now, so that the first follower doesn't have to number the events of a day.
    await eventLog.numberEvents();
    const mayContinue = () => !this.isClosed && elapsedMilliseconds() < maxMilliseconds;
    while (mayContinue() && (await this.deleteBatch(oldest)) > 0);
    await this.measure(now);
  }

  private deleteBatch(oldest: Date): Promise<number> {
    const { database, transaction } = this.options;
    const { dialect, eventLog } = database.engine;
    return transaction(async (em) => {
      const { text, values } = eventLog.deleteBefore(oldest, eventsPerBatch).in(dialect);
      return (await em.execute<unknown[]>(text, [...values])).length;
    });
  }

  private async measure(now: number): Promise<void> {
    const [row] = await this.options.eventLog.read<{ oldest: number | null; length: number }>(
      sql`select (select min(at) from events) as oldest,
        coalesce((select max(seq) from events) - (select min(seq) from events) + 1, 0) as length`,
    );
    const { oldest, length } = row!;
    const ageMilliseconds = oldest === null ? 0 : now - oldest;
    // The newest event is kept, however old it is.
    const overdueSeconds = length > 1 ? Math.max(0, ageMilliseconds - this.keptMilliseconds) / 1000 : 0;
    this.state = { overdueSeconds, length };
  }
}
