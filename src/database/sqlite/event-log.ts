import { Sql, sql } from "../sql.js";
import type { EventLogStatements } from "../engine.js";

const isDue = (now: Date): Sql => sql`due_at <= ${now}`;

/** The key of the table numbers the events, because one transaction runs after the other. */
export const sqliteEventLog: EventLogStatements = {
  id: sql`seq`,
  unnumbered: sql`false`,
  takeDue: (now) => [
    sql`insert into events (change, at, post_id, author_id, published_before, published_after)
      select 'due', due_at, post_id, author_id, due_at, due_at from scheduled_posts join posts on posts.id = post_id
        where ${isDue(now)} order by due_at, post_id`,
    sql`delete from scheduled_posts where ${isDue(now)}`,
  ],
  number: [],
  deleteBefore: (instant, count) =>
    sql`delete from events where seq in (select seq from events where at < ${instant} order by at limit ${count})
      and seq <> (select max(seq) from events) returning seq`,
};
