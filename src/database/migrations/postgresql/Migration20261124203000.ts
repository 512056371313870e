import { Migration } from "@mikro-orm/migrations";

/** The event log, as SQLite's migration of the same name has it. */
export class Migration20261124203000 extends Migration {
  override async up(): Promise<void> {
    // Transactions commit in another order than they insert, so that a number given here would let a reader pass over
    // a row that comes late. Rows are numbered once they can be seen: those of one post, whose writers wait for each
    // other, in the order of their ids.
    this.addSql(`create table events (
      id bigint generated always as identity primary key,
      seq bigint unique,
      change text not null,
      at bigint not null,
      post_id text collate "C",
      author_id text collate "C",
      published_before bigint,
      published_after bigint,
      session_id text collate "C"
    )`);
    this.addSql(`create index events_unnumbered_index on events (id) where seq is null`);
    this.addSql(`create index events_at_index on events (at)`);

    this.addSql(`create table scheduled_posts (post_id text collate "C" primary key, due_at bigint not null)`);
    this.addSql(`create index scheduled_posts_due_at_index on scheduled_posts (due_at)`);
    this.addSql(`insert into scheduled_posts (post_id, due_at)
      select id, published_at from posts where published_at > extract(epoch from now()) * 1000`);

    // Each transaction says its instant; triggers read the clock nowhere else. None says that nobody wants to hear of it.
    this.addSql(`create function operation_instant() returns bigint language sql stable as $$
      select nullif(current_setting('postern.instant', true), '')::bigint
    $$`);

    this.addSql(`create function log_post() returns trigger language plpgsql as $$
      declare
        instant constant bigint := operation_instant();
        due bigint;
      begin
        if instant is null then return null; end if;
        if tg_op = 'INSERT' then
          insert into events (change, at, post_id, author_id, published_after)
            values ('created', instant, new.id, new.author_id, new.published_at);
        else
          -- What was due and nobody noticed comes before what happens now.
          delete from scheduled_posts where post_id = old.id and due_at <= instant returning due_at into due;
          if due is not null then
            insert into events (change, at, post_id, author_id, published_before, published_after)
              values ('due', due, old.id, old.author_id, due, due);
          end if;
        end if;
        if tg_op = 'DELETE' then
          delete from scheduled_posts where post_id = old.id;
          insert into events (change, at, post_id, author_id, published_before)
            values ('deleted', instant, old.id, old.author_id, old.published_at);
          return null;
        end if;
        if tg_op = 'UPDATE' then
          insert into events (change, at, post_id, author_id, published_before, published_after)
            values (case when old.version = new.version then 'voted' else 'changed' end, instant, new.id, new.author_id,
              old.published_at, new.published_at);
          if old.published_at is not distinct from new.published_at then return null; end if;
          delete from scheduled_posts where post_id = old.id;
        end if;
        if new.published_at > instant then
          insert into scheduled_posts (post_id, due_at) values (new.id, new.published_at);
        end if;
        return null;
      end $$`);
    this.addSql(`create trigger posts_created_or_deleted after insert or delete on posts
      for each row execute function log_post()`);
    this.addSql(`create trigger posts_changed after update of version, vote_count on posts
      for each row when (old.version <> new.version or old.vote_count <> new.vote_count) execute function log_post()`);

    this.addSql(`create function log_session_end() returns trigger language plpgsql as $$
      declare
        instant constant bigint := case tg_op when 'DELETE' then operation_instant() else new.ended_at end;
      begin
        if instant is not null then
          insert into events (change, at, session_id) values ('session ended', instant, old.id);
        end if;
        return null;
      end $$`);
    this.addSql(`create trigger sessions_ended after update of ended_at on sessions
      for each row when (old.ended_at is null and new.ended_at is not null) execute function log_session_end()`);
    // With its user, whose deletion ends it.
    this.addSql(`create trigger sessions_deleted after delete on sessions
      for each row when (old.ended_at is null) execute function log_session_end()`);
  }
}
