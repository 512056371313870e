import { Migration } from "@mikro-orm/migrations";

/**
 * Events of any topic in the event log. The view shows those that triggers and older releases write in the same form. It
 * is what this release reads.
 */
export class Migration20261201160000 extends Migration {
  override async up(): Promise<void> {
    // No defaults, so that no row is rewritten, and an older release goes on writing.
    for (const column of ["topic", "subject", "owner", "about", "payload"])
      this.addSql(`alter table events add column ${column} text`);
    for (const column of ["public_before", "public_after"])
      this.addSql(`alter table events add column ${column} integer`);
    this.addSql(`create view event_log as select seq as id, seq, at,
      coalesce(topic, case change when 'session ended' then 'session.ended' else 'post.' || change end) as topic,
      coalesce(subject, post_id, session_id) as subject, coalesce(owner, author_id) as owner, about,
      coalesce(public_before, published_before <= at and change <> 'due', false) as public_before,
      coalesce(public_after, published_after <= at, false) as public_after, payload from events`);
  }
}
