import type { LogEvent } from "../database/event-log/event.js";
import { sql, type Sql } from "../database/sql.js";

/** An event as it looks to users who could see its subject before it, after it, or both. */
export type ChangeSeen = "ADDED" | "CHANGED" | "REMOVED";

/**
 * Returns an event as the owner of its subject or all others see it; undefined if they see nothing of it. The owner sees
 * the subject from an event `….created` to one `….deleted`.
 */
export function changeSeen({ topic, visible }: LogEvent, by: "owner" | "others"): ChangeSeen | undefined {
  const [before, after] =
    by === "owner" ? [!topic.endsWith(".created"), !topic.endsWith(".deleted")] : [visible.before, visible.after];
  if (before) return after ? "CHANGED" : "REMOVED";
  return after ? "ADDED" : undefined;
}

/** The condition that an event of the log is about something that the viewer could see before or after it. */
export function isEventFor(viewerId: string | undefined): Sql {
  const seenByAll = sql`public_before or public_after`;
  return viewerId === undefined ? sql`(${seenByAll})` : sql`(owner = ${viewerId} or ${seenByAll})`;
}
