import type { SqlEntityManager } from "@mikro-orm/knex";

import { systemClock } from "../../foundation/clock.js";

/** Has posts that were loaded announced when their time comes: triggers do so for those that a server writes. */
export async function schedulePosts(em: SqlEntityManager): Promise<void> {
  await em.execute(
    "insert into scheduled_posts (post_id, due_at) select id, published_at from posts where published_at > ?",
    [systemClock().getTime()],
  );
}
