import { sql } from "../sql.js";
import type { EventLogStatements } from "../engine.js";

/** The key of the table numbers the events, because one transaction runs after the other. */
export const sqliteEventLog: EventLogStatements = {
  id: sql`seq`,
  unnumbered: sql`false`,
  number: [],
  deleteBefore: (instant, count) =>
    sql`delete from events where seq in (select seq from events where at < ${instant} order by at limit ${count})
      and seq <> (select max(seq) from events) returning seq`,
};
