import { sql } from "../sql.js";
import type { EventMark, LoggedEvent, LogEvent, Topic } from "./event.js";

/** A row of the view `event_log`, selected by `eventColumns`. */
export type EventRow = EventMark & {
  readonly topic: Topic;
  readonly subject: string;
  readonly owner: string | null;
  readonly about: string | null;
  /** Numbers on SQLite. */
  readonly publicBefore: unknown;
  readonly publicAfter: unknown;
  readonly payload: string | null;
};

export const eventColumns = sql`seq, id, at, topic, subject, owner, about, public_before as "publicBefore",
  public_after as "publicAfter", payload`;

export function loggedEventOf(row: EventRow): LoggedEvent {
  const { seq, id, at, topic, subject, owner, about, publicBefore, publicAfter, payload } = row;
  const event: LogEvent = {
    // The number alone is given again after the log has gone back.
    id: `${id}-${at}`,
    topic,
    subject,
    owner,
    about,
    visible: { before: Boolean(publicBefore), after: Boolean(publicAfter) },
    at: new Date(at),
    payload: payload === null ? {} : JSON.parse(payload),
  };
  return { mark: { seq, id, at }, event };
}
