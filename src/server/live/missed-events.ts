import type { LiveSource } from "../../kit/context.js";
import type { EventPosition } from "../../database/event-log/event-cursor.js";
import type { EventMark, LoggedEvent } from "../../database/event-log/event.js";
import { eventColumns, loggedEventOf, type EventRow } from "../../database/event-log/event-row.js";
import type { Reader } from "../../database/reader.js";
import { joinSql, limit, sql } from "../../database/sql.js";
import type { Clock } from "../../foundation/clock.js";

/** A client that missed more events than this is sent RESET instead. */
export const mostMissed = 1000;
// The clocks of two servers may differ by this much. It matters only for cursors of release 0.2.
const clockDifferenceMilliseconds = 60_000;
// Reading a longer part of the log counts as a scan.
const mostRowsOfIndexedRead = 10_000;

/** Finds the events that a subscriber missed since its cursor. */
export class MissedEvents {
  /** Clients that come back at once come from few positions, and share their reads. */
  private readonly readings = new Map<number, Promise<EventMark | undefined>>();

  constructor(
    private readonly deps: {
      readonly reader: Reader;
      readonly clock: Clock;
      /** The log keeps events for this long. */
      readonly ttlSeconds: number;
    },
  ) {}

  /** Returns the events after a position, up to `end`. Undefined if they are no longer known, or too many. */
  async since(
    position: EventPosition | undefined,
    end: number,
    source: LiveSource,
    clientKey: string,
  ): Promise<LoggedEvent[] | undefined> {
    const { reader } = this.deps;
    if (position === undefined || position.issuedAt <= this.oldestKept()) return undefined;
    if (position.seq > end || (await this.isOfOtherLog(position, clientKey))) return undefined;
    if (position.seq === end) return [];
    const topics = [...source.topics].map((topic) => sql`${topic}`);
    const found = await reader.all<EventRow>(
      sql`select ${eventColumns} from event_log where seq > ${position.seq} and seq <= ${end}
        and topic in (${joinSql(topics, ", ")}) and ${source.condition}
        order by seq ${limit(mostMissed + 1)}`,
      { cost: end - position.seq > mostRowsOfIndexedRead ? "scan" : "indexed", clientKey },
    );
    return found.length > mostMissed ? undefined : found.map(loggedEventOf);
  }

  private oldestKept(): number {
    return this.deps.clock().getTime() - this.deps.ttlSeconds * 1000;
  }

  /**
   * Reports whether another event has the cursor's position now, because the database was restored, lost commits, or is a
   * copy.
   */
  private async isOfOtherLog({ seq, id, at, issuedAt }: EventPosition, clientKey: string): Promise<boolean> {
    if (seq === 0) return false;
    const event = await this.eventAt(seq, clientKey);
    if (id === undefined || at === undefined)
      return event !== undefined && event.at > issuedAt + clockDifferenceMilliseconds;
    // Only old events are pruned.
    if (event === undefined) return at > this.oldestKept();
    return event.id !== id || event.at !== at;
  }

  private eventAt(seq: number, clientKey: string): Promise<EventMark | undefined> {
    const { reader } = this.deps;
    let reading = this.readings.get(seq);
    if (reading === undefined) {
      reading = reader
        .all<EventMark>(sql`select seq, id, at from event_log where seq = ${seq}`, { cost: "indexed", clientKey })
        .then(([event]) => event)
        .finally(() => this.readings.delete(seq));
      this.readings.set(seq, reading);
    }
    return reading;
  }
}
