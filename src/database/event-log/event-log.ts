import type { Clock, Timer } from "../../foundation/clock.js";
import type { Database } from "../engine.js";
import type { Reader } from "../reader.js";
import type { Transaction } from "../transaction.js";
import type { EventMark, Follower } from "./event.js";
import { EventLogReader, type ScheduledEvents } from "./event-log-reader.js";
import { EventPruning } from "./event-pruning.js";
import { SharedRun } from "./shared-run.js";

/**
 * A log of everything that happened, in one order for all processes. An event is written in the transaction that makes it
 * happen, so that the log has what was committed and nothing else.
 */
export type EventLog = {
  /** Returns the last event that followers have received. */
  readonly position: () => EventMark;
  /**
   * Calls the follower for each event from now on, in order, until the returned function is called.
   *
   * @returns when the events of everything that was committed before have been delivered or skipped.
   */
  readonly follow: (follower: Follower) => Promise<() => void>;
  /** Reads the events of everything that was committed before, and delivers them to followers. */
  readonly catchUp: () => Promise<void>;
  /** Reports whether there are followers, and the log can't be read now. */
  readonly isStuck: () => boolean;
  /** Reads the log at once, because this process has committed something. */
  readonly wake: () => void;
  /** Returns how much older the oldest event is than any that is kept, in seconds: 0 as long as pruning keeps up. */
  readonly overdueSeconds: () => number;
  /** Returns how many events the log had when it was last pruned. */
  readonly length: () => number;
  /** Resolves when nothing reads or writes for the log any longer. */
  readonly close: () => Promise<void>;
};

export type EventLogOptions = {
  readonly database: Database;
  readonly reader: Reader;
  /** A transaction without an instant: its own writes are no events. */
  readonly transaction: Transaction;
  readonly clock: Clock;
  readonly timer: Timer;
  readonly ttlSeconds: number;
  readonly scheduled: ScheduledEvents;
  readonly onError: (error: unknown) => void;
};

// How late an event of another process may be noticed.
const pollMilliseconds = 50;

export function openEventLog(options: EventLogOptions): EventLog {
  const log = new FollowedLog(options);
  return {
    position: () => log.reading.position,
    follow: (follower) => log.follow(follower),
    catchUp: () => log.catchUp(),
    isStuck: () => log.isStuck(),
    wake: () => log.wake(),
    overdueSeconds: () => log.pruning.overdueSeconds(),
    length: () => log.pruning.length(),
    close: () => log.close(),
  };
}

/** Polls the log as long as it has followers. */
class FollowedLog {
  readonly reading: EventLogReader;
  readonly pruning: EventPruning;
  private readonly followers = new Set<Follower>();
  private readonly reads = new SharedRun(() => this.reading.readNewEvents(this.followers));
  private isClosed = false;
  private isUnreadable = false;
  private cancelPoll: (() => void) | undefined;

  constructor(private readonly options: EventLogOptions) {
    this.reading = new EventLogReader(options);
    this.pruning = new EventPruning({ ...options, eventLog: this.reading });
  }

  catchUp(): Promise<void> {
    return this.reads.run();
  }

  async follow(follower: Follower): Promise<() => void> {
    const { followers } = this;
    await this.catchUp();
    followers.add(follower);
    if (followers.size === 1) this.poll();
    return () => void followers.delete(follower);
  }

  isStuck(): boolean {
    return this.isUnreadable && this.followers.size > 0;
  }

  wake(): void {
    if (this.isClosed) return;
    this.poll();
    this.pruning.run();
  }

  async close(): Promise<void> {
    this.isClosed = true;
    this.cancelPoll?.();
    await Promise.allSettled([this.reads.idle(), this.pruning.close()]);
  }

  private poll(): void {
    this.cancelPoll?.();
    this.cancelPoll = undefined;
    if (!this.isPolling()) return;
    void this.catchUp()
      .then(
        () => (this.isUnreadable = false),
        (error: unknown) => this.noteUnreadable(error),
      )
      .finally(() => {
        if (this.isPolling()) this.cancelPoll ??= this.options.timer(pollMilliseconds, () => this.poll());
      });
    this.pruning.run();
  }

  private isPolling(): boolean {
    return !this.isClosed && this.followers.size > 0;
  }

  /** Reports the error once: the next polls find the same one until the log can be read again. */
  private noteUnreadable(error: unknown): void {
    if (!this.isUnreadable) this.options.onError(error);
    this.isUnreadable = true;
  }
}
