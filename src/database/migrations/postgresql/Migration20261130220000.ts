import { Migration } from "@mikro-orm/migrations";

/**
 * Finds the posts whose words a server of the previous release has made: they lack the mark of today's rules. Servers
 * make their words again, a few at a time.
 */
export class Migration20261130220000 extends Migration {
  override async up(): Promise<void> {
    this.addSql(
      `create index post_search_old_rules_index on post_search (post_id) where not (words @@ '''.2'''::tsquery)`,
    );

    // By an expression, so that the planner takes these for what is ordered by it, and no other.
    this.addSql(`create index posts_dated_apart_index on posts ((listed_at + 0), id, created_at, listed_at)
      where published_at is not null and listed_at <> created_at`);
    this.addSql(`create index posts_author_dated_apart_index on posts (author_id, (listed_at + 0), id, created_at, listed_at)
      where published_at is not null and listed_at <> created_at`);
  }
}
