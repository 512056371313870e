import type { SqlEntityManager } from "@mikro-orm/knex";

import type { ScheduledEvents } from "../../../database/event-log/event-log-reader.js";
import { sql } from "../../../database/sql.js";

/** The posts that are yet to be published. Their events follow when they are due, unless their posts change before. */
export const scheduledPosts: ScheduledEvents = {
  nextAt: sql`select min(due_at) from scheduled_posts`,
  record(now, { name }) {
    const events = sql`insert into events (change, at, post_id, author_id, published_before, published_after)
      select 'due', due_at, post_id, author_id, due_at, due_at from`;
    const ofPosts = sql`join posts on posts.id = post_id`;
    if (name === "postgresql")
      return [
        // A post that another transaction is changing is skipped: its trigger records the event.
        sql`with due as (
          delete from scheduled_posts where post_id in (
            select post_id from scheduled_posts where due_at <= ${now} for update skip locked) returning post_id, due_at)
          ${events} due ${ofPosts} order by due_at, post_id`,
      ];
    return [
      sql`${events} scheduled_posts ${ofPosts} where due_at <= ${now} order by due_at, post_id`,
      sql`delete from scheduled_posts where due_at <= ${now}`,
    ];
  },
};

/** Schedules the events of loaded posts that are yet to be published. A server's own posts have triggers for this. */
export async function schedulePosts(em: SqlEntityManager, now: Date): Promise<void> {
  await em.execute(
    "insert into scheduled_posts (post_id, due_at) select id, published_at from posts where published_at > ?",
    [now.getTime()],
  );
}
