import type { Clock, Timer } from "../clock.js";
import type { Database } from "../database/engine.js";
import type { Reader } from "../database/reader.js";
import { limit, sql, type Sql } from "../database/sql.js";
import type { Transaction } from "../database/transaction.js";
import type { LogEvent } from "./event.js";

/**
 * What happened to posts and sessions, in one order for all processes. Triggers write it in the transaction that makes
 * it happen, so that nothing is missing and nothing is there that was rolled back.
 */
export type EventLog = {
  /** Up to where followers have been told. */
  readonly position: () => number;
  /**
   * Tells of each event from now on, in order, until what it gives back is called.
   *
   * @returns once all that was committed before has been told to followers or passed over.
   */
  readonly follow: (follower: Follower) => Promise<() => void>;
  /** Reads what was committed before, and tells it. */
  readonly catchUp: () => Promise<void>;
  /** Whether there are followers who can't be told now. */
  readonly isStuck: () => boolean;
  /** Tells that this process has committed something. */
  readonly wake: () => void;
  /** Ends once nothing reads or writes for it any more. */
  readonly close: () => Promise<void>;
};

type Follower = (events: readonly LogEvent[]) => void;

/** How late an event of another process may be noticed. */
const pollMilliseconds = 50;
const eventsAtOnce = 500;

// What a cursor may still name was written before it: by this much, if a transaction takes long or clocks differ.
const keptLongerMilliseconds = 10 * 60 * 1000;
const pruneEveryMilliseconds = 60 * 1000;

/** @param transaction without an instant of its own: what it writes is no news. */
export function openEventLog(parts: {
  readonly database: Database;
  readonly reader: Reader;
  readonly transaction: Transaction;
  readonly clock: Clock;
  readonly timer: Timer;
  readonly ttlSeconds: number;
  readonly onError: (error: unknown) => void;
}): EventLog {
  const { database, reader, transaction, clock, timer, ttlSeconds, onError } = parts;
  const { dialect, eventLog: statements } = database.engine;
  const followers = new Set<Follower>();
  let position = 0;
  let isClosed = false;
  let lift: (() => void) | undefined;

  const read = <Row>(statement: Sql) => reader.all<Row>(statement, { pace: "short", party: "event log" });
  const runAll = (all: readonly Sql[]) =>
    transaction(async (em) => {
      for (const statement of all) {
        const { text, values } = statement.in(dialect);
        const rows: unknown = await em.execute(text, [...values]);
        if (Array.isArray(rows) && (rows as { goes_on?: boolean }[])[0]?.goes_on === false) return;
      }
    });

  const head = async () => {
    const [row] = await read<{ last: number | null; unnumbered: unknown; due_at: number | null }>(
      sql`select (select max(seq) from events) as last, ${statements.unnumbered} as unnumbered,
        (select min(due_at) from scheduled_posts) as due_at`,
    );
    return row!;
  };
  /** Reads on, having put in order what has no number yet. */
  const readOn = async (): Promise<void> => {
    const now = clock();
    let { last, unnumbered, due_at } = await head();
    const isDue = due_at !== null && due_at <= now.getTime();
    if (isDue || Boolean(unnumbered)) {
      if (isDue) await runAll(statements.takeDue(now));
      if (statements.number.length > 0) await runAll(statements.number);
      ({ last } = await head());
    }
    const end = last ?? 0;
    // Nobody has heard of anything before.
    if (followers.size === 0) position = end;
    while (position < end) {
      const events = await read<LogEvent>(
        sql`select ${eventColumns} from events where seq > ${position} order by seq ${limit(eventsAtOnce)}`,
      );
      if (events.length === 0) break;
      position = events.at(-1)!.seq;
      for (const follower of followers) follower(events);
    }
  };

  /** One reading at a time, and one more for all who ask meanwhile: it begins after they have asked. */
  let running: Promise<void> | undefined;
  let next: Promise<void> | undefined;
  const catchUp = (): Promise<void> => {
    if (running === undefined) {
      running = readOn().finally(() => (running = undefined));
      return running;
    }
    next ??= running
      .catch(() => {})
      .then(() => {
        next = undefined;
        return catchUp();
      });
    return next;
  };

  // Told once: the next polls find the same, until it can be read again.
  let isUnreadable = false;
  const noteUnreadable = (error: unknown): void => {
    if (!isUnreadable) onError(error);
    isUnreadable = true;
  };
  const poll = (): void => {
    lift?.();
    lift = undefined;
    if (isClosed || followers.size === 0) return;
    void catchUp()
      .then(() => (isUnreadable = false), noteUnreadable)
      .finally(() => {
        if (!isClosed && followers.size > 0) lift ??= timer(pollMilliseconds, poll);
      });
  };

  let prunedAt = clock().getTime();
  let pruning: Promise<unknown> = Promise.resolve();
  /** Forgets what is old; and numbers what is there, so that whoever follows first doesn't have to number a day. */
  const prune = (): void => {
    const now = clock().getTime();
    if (now - prunedAt < pruneEveryMilliseconds) return;
    prunedAt = now;
    const oldest = new Date(now - ttlSeconds * 1000 - keptLongerMilliseconds);
    pruning = runAll([statements.deleteBefore(oldest, eventsAtOnce), ...statements.number]).catch(onError);
  };

  return {
    position: () => position,
    catchUp,
    isStuck: () => isUnreadable && followers.size > 0,
    async follow(follower) {
      await catchUp();
      followers.add(follower);
      if (followers.size === 1) poll();
      return () => void followers.delete(follower);
    },
    wake() {
      if (isClosed) return;
      poll();
      prune();
    },
    async close() {
      isClosed = true;
      lift?.();
      await Promise.allSettled([running, next, pruning]);
    },
  };
}

/** The columns of an event, by the names that it has in the code. */
export const eventColumns = sql`seq, change, at, post_id as "postId", author_id as "authorId",
  published_before as "publishedBefore", published_after as "publishedAfter", session_id as "sessionId"`;
