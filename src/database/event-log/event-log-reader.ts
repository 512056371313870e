import type { Clock } from "../../foundation/clock.js";
import type { Database } from "../engine.js";
import type { Reader } from "../reader.js";
import { limit, sql, type Dialect, type Sql } from "../sql.js";
import type { Transaction } from "../transaction.js";
import type { EventMark, Follower } from "./event.js";
import { eventColumns, loggedEventOf, type EventRow } from "./event-row.js";

const maxEventsPerRead = 500;

const beforeFirst: EventMark = { seq: 0, id: 0, at: 0 };

/** Events whose time is known before it comes. */
export type ScheduledEvents = {
  /** Selects the instant of the first one; null if there is none. */
  readonly nextAt: Sql;
  /** Returns the statements that write those that are due. They run in order in a transaction. */
  readonly record: (now: Date, dialect: Dialect) => readonly Sql[];
};

/** The end of the log, and the other facts that decide what has to be done. */
type Head = {
  readonly seq: number | null;
  readonly id: number | null;
  readonly at: number | null;
  /** The event that is now at the place of the last delivered one. */
  readonly here_id: number | null;
  readonly here_at: number | null;
  readonly unnumbered: unknown;
  readonly due_at: number | null;
};

/** Reads the event log from a position on, and numbers new events. */
export class EventLogReader {
  /** The last event that was read. */
  position = beforeFirst;

  constructor(
    private readonly deps: {
      readonly database: Database;
      readonly reader: Reader;
      readonly transaction: Transaction;
      readonly clock: Clock;
      readonly scheduled: ScheduledEvents;
    },
  ) {}

  read<Row>(statement: Sql): Promise<Row[]> {
    return this.deps.reader.all<Row>(statement, { cost: "indexed", clientKey: "event log" });
  }

  /** Reads on from the position, after it has recorded what is due and numbered new events. */
  async readNewEvents(followers: ReadonlySet<Follower>): Promise<void> {
    let head = await this.head();
    if (await this.recordEvents(head)) head = await this.head();
    const end: EventMark = head.seq === null ? beforeFirst : { seq: head.seq, id: head.id!, at: head.at! };
    // Nobody has received anything before.
    if (followers.size === 0) this.position = end;
    else if (!this.isSameLog(head)) {
      this.position = end;
      for (const follower of followers) follower.lost(end);
    }
    while (this.position.seq < end.seq) {
      const rows = await this.read<EventRow>(
        sql`select ${eventColumns} from event_log where seq > ${this.position.seq} order by seq ${limit(maxEventsPerRead)}`,
      );
      const events = rows.map(loggedEventOf);
      const last = events.at(-1);
      if (last === undefined) break;
      this.position = last.mark;
      for (const follower of followers) follower.events(events);
    }
  }

  /** Numbers the events that have no number yet. */
  async numberEvents(): Promise<void> {
    if (this.statements.number.length > 0) await this.runAll(this.statements.number);
  }

  private get statements() {
    return this.deps.database.engine.eventLog;
  }

  private async head(): Promise<Head> {
    const { id, unnumbered } = this.statements;
    const last = sql`(select max(seq) from events)`;
    const here = sql`${this.position.seq}`;
    const [row] = await this.read<Head>(
      sql`select ${last} as seq, ${valueAt(id, last)} as id, ${valueAt(sql`at`, last)} as at,
        ${valueAt(id, here)} as here_id, ${valueAt(sql`at`, here)} as here_at,
        ${unnumbered} as unnumbered, (${this.deps.scheduled.nextAt}) as due_at`,
    );
    return row!;
  }

  private isSameLog({ here_id, here_at }: Head): boolean {
    const { seq, id, at } = this.position;
    return seq === 0 || (here_id === id && here_at === at);
  }

  /** Records scheduled events that are due, and numbers events. Returns whether there was anything to do. */
  private async recordEvents({ due_at, unnumbered }: Head): Promise<boolean> {
    const now = this.deps.clock();
    const isDue = due_at !== null && due_at <= now.getTime();
    if (!isDue && !unnumbered) return false;
    if (isDue) await this.runAll(this.deps.scheduled.record(now, this.deps.database.engine.dialect));
    await this.numberEvents();
    return true;
  }

  private runAll(statements: readonly Sql[]): Promise<void> {
    const { dialect } = this.deps.database.engine;
    return this.deps.transaction(async (em) => {
      for (const statement of statements) {
        const { text, values } = statement.in(dialect);
        const rows: unknown = await em.execute(text, [...values]);
        if (Array.isArray(rows) && (rows as { goes_on?: boolean }[])[0]?.goes_on === false) return;
      }
    });
  }
}

const valueAt = (column: Sql, seq: Sql): Sql => sql`(select ${column} from events where seq = ${seq})`;
