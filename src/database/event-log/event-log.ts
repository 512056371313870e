import type { Clock, Timer } from "../../foundation/clock.js";
import type { Database } from "../engine.js";
import type { Reader } from "../reader.js";
import { limit, sql, type Sql } from "../sql.js";
import type { Transaction } from "../transaction.js";
import type { EventMark, LogEvent } from "./event.js";
import { eventPruning } from "./event-pruning.js";

/**
 * What happened to posts and sessions, in one order for all processes. Triggers write it in the transaction that makes
 * it happen, so that nothing is missing and nothing is there that was rolled back.
 */
export type EventLog = {
  /** The last event that followers were told of. */
  readonly position: () => EventMark;
  /** The columns of an event, by the names of `LogEvent`. */
  readonly columns: Sql;
  /**
   * Tells of each event from now on, in order, until the returned function is called.
   *
   * @returns once all that was committed before has been told to followers or passed over.
   */
  readonly follow: (follower: Follower) => Promise<() => void>;
  /** Reads what was committed before, and tells followers of it. */
  readonly catchUp: () => Promise<void>;
  /** Whether there are followers who can't be told now. */
  readonly isStuck: () => boolean;
  /** Says that this process has committed something. */
  readonly wake: () => void;
  /** How old the log's oldest event is, beyond what is kept, in seconds: 0 as long as pruning keeps up. */
  readonly overdueSeconds: () => number;
  /** How many events the log had when it was last pruned. */
  readonly length: () => number;
  /** Ends once nothing reads or writes for it any longer. */
  readonly close: () => Promise<void>;
};

export type Follower = {
  readonly events: (events: readonly LogEvent[]) => void;
  /**
   * The database has gone back behind what followers were told of: a failover lost commits, or a backup was restored.
   * Nobody knows what else differs. Events go on from `position`.
   */
  readonly lost: (position: EventMark) => void;
};

/** How late an event of another process may be noticed. */
const pollMilliseconds = 50;
const eventsAtOnce = 500;

const start: EventMark = { seq: 0, id: 0, at: 0 };

type Head = {
  readonly seq: number | null;
  readonly id: number | null;
  readonly at: number | null;
  /** Of the event that is now at the place of the last one told. */
  readonly here_id: number | null;
  readonly here_at: number | null;
  readonly unnumbered: unknown;
  readonly due_at: number | null;
};

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
  const { database, reader, transaction, clock, timer, onError } = parts;
  const { dialect, eventLog: statements } = database.engine;
  const followers = new Set<Follower>();
  const columns = columnsOf(statements.id);
  let position = start;
  let isClosed = false;
  let cancel: (() => void) | undefined;

  const read = <Row>(statement: Sql) => reader.all<Row>(statement, { cost: "indexed", clientKey: "event log" });
  const runAll = (all: readonly Sql[]) =>
    transaction(async (em) => {
      for (const statement of all) {
        const { text, values } = statement.in(dialect);
        const rows: unknown = await em.execute(text, [...values]);
        if (Array.isArray(rows) && (rows as { goes_on?: boolean }[])[0]?.goes_on === false) return;
      }
    });
  const pruning = eventPruning({
    ...parts,
    read,
    number: async () => {
      if (statements.number.length > 0) await runAll(statements.number);
    },
  });

  const head = async (): Promise<Head> => {
    const { id } = statements;
    const last = sql`(select max(seq) from events)`;
    const here = sql`${position.seq}`;
    const [row] = await read<Head>(
      sql`select ${last} as seq, ${valueAt(id, last)} as id, ${valueAt(sql`at`, last)} as at,
        ${valueAt(id, here)} as here_id, ${valueAt(sql`at`, here)} as here_at,
        ${statements.unnumbered} as unnumbered, (select min(due_at) from scheduled_posts) as due_at`,
    );
    return row!;
  };
  const isSameLog = ({ here_id, here_at }: Head): boolean =>
    position.seq === 0 || (here_id === position.id && here_at === position.at);

  /** Reads on, having put in order what has no number yet. */
  const readOn = async (): Promise<void> => {
    const now = clock();
    let found = await head();
    const isDue = found.due_at !== null && found.due_at <= now.getTime();
    if (isDue || Boolean(found.unnumbered)) {
      if (isDue) await runAll(statements.takeDue(now));
      if (statements.number.length > 0) await runAll(statements.number);
      found = await head();
    }
    const end: EventMark = found.seq === null ? start : { seq: found.seq, id: found.id!, at: found.at! };
    // Nobody has heard of anything before.
    if (followers.size === 0) position = end;
    else if (!isSameLog(found)) {
      position = end;
      for (const follower of followers) follower.lost(position);
    }
    while (position.seq < end.seq) {
      const events = await read<LogEvent>(
        sql`select ${columns} from events where seq > ${position.seq} order by seq ${limit(eventsAtOnce)}`,
      );
      const last = events.at(-1);
      if (last === undefined) break;
      position = { seq: last.seq, id: last.id, at: last.at };
      for (const follower of followers) follower.events(events);
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

  // Reported once: the next polls find the same, until it can be read again.
  let isUnreadable = false;
  const noteUnreadable = (error: unknown): void => {
    if (!isUnreadable) onError(error);
    isUnreadable = true;
  };
  const poll = (): void => {
    cancel?.();
    cancel = undefined;
    if (isClosed || followers.size === 0) return;
    void catchUp()
      .then(() => (isUnreadable = false), noteUnreadable)
      .finally(() => {
        if (!isClosed && followers.size > 0) cancel ??= timer(pollMilliseconds, poll);
      });
    pruning.run();
  };

  return {
    position: () => position,
    columns,
    catchUp,
    isStuck: () => isUnreadable && followers.size > 0,
    overdueSeconds: pruning.overdueSeconds,
    length: pruning.length,
    async follow(follower) {
      await catchUp();
      followers.add(follower);
      if (followers.size === 1) poll();
      return () => void followers.delete(follower);
    },
    wake() {
      if (isClosed) return;
      poll();
      pruning.run();
    },
    async close() {
      isClosed = true;
      cancel?.();
      await Promise.allSettled([running, next, pruning.close()]);
    },
  };
}

const valueAt = (column: Sql, seq: Sql): Sql => sql`(select ${column} from events where seq = ${seq})`;

const columnsOf = (id: Sql): Sql => sql`seq, ${id} as id, change, at, post_id as "postId", author_id as "authorId",
  published_before as "publishedBefore", published_after as "publishedAfter", session_id as "sessionId"`;
