import type { SqlEntityManager } from "@mikro-orm/knex";

import { systemClock } from "../../foundation/clock.js";

/** Schedules the events of loaded posts that are yet to be published. A server's own posts have triggers for this. */
export async function schedulePosts(em: SqlEntityManager): Promise<void> {
  await em.execute(
    "insert into scheduled_posts (post_id, due_at) select id, published_at from posts where published_at > ?",
    [systemClock().getTime()],
  );
}
