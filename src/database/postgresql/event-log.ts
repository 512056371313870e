import { sql } from "../sql.js";
import type { EventLogStatements } from "../engine.js";

export const postgresqlEventLog: EventLogStatements = {
  id: sql`id`,
  unnumbered: sql`exists (select 1 from events where seq is null)`,
  // Two statements, so that the second one sees everything that was committed before the lock was acquired. A single
  // statement could give a number twice.
  number: [
    sql`select pg_try_advisory_xact_lock(hashtext('postern events')) as goes_on`,
    sql`update events set seq = numbered.seq
      from (select id, (select coalesce(max(seq), 0) from events) + row_number() over (order by id) as seq
        from events where seq is null) numbered
      where events.id = numbered.id`,
  ],
  // The newest event is kept, because the next number follows from it.
  deleteBefore: (instant, count) =>
    // As an array, the ids are read once. As a subquery, a plan may read them again for every row of the log.
    sql`delete from events where id = any(array(select id from events where at < ${instant} order by at limit ${count}
        for update skip locked))
      and seq is distinct from (select max(seq) from events) returning seq`,
};
