import { sql } from "../sql.js";
import type { EventLogStatements } from "../engine.js";

export const postgresqlEventLog: EventLogStatements = {
  id: sql`id`,
  unnumbered: sql`exists (select 1 from events where seq is null)`,
  // A post that another transaction is changing is skipped: its trigger records the event.
  takeDue: (now) => [
    sql`with due as (
      delete from scheduled_posts where post_id in (
        select post_id from scheduled_posts where due_at <= ${now} for update skip locked) returning post_id, due_at)
      insert into events (change, at, post_id, author_id, published_before, published_after)
        select 'due', due_at, post_id, author_id, due_at, due_at from due join posts on posts.id = post_id
          order by due_at, post_id`,
  ],
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
