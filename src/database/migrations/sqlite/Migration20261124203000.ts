import { Migration } from "@mikro-orm/migrations";

/** The event log: what happened to posts and sessions, written by triggers in the transaction that makes it happen. */
export class Migration20261124203000 extends Migration {
  override async up(): Promise<void> {
    // A single row, which each transaction begins with: triggers read the clock nowhere else. Null where nobody wants
    // to hear of what it does.
    this.addSql(`create table operation_instant (id integer primary key check (id = 1), at integer)`);
    this.addSql(`insert into operation_instant (id, at) values (1, null)`);

    // Its key counts commits, as there is one writer. Numbers of rows that are gone are never used again.
    this.addSql(`create table events (
      seq integer primary key autoincrement,
      change text not null,
      at integer not null,
      post_id text,
      author_id text,
      published_before integer,
      published_after integer,
      session_id text
    )`);
    this.addSql(`create index events_at_index on events (at)`);

    // Posts whose time is to come. Who finds that it has come takes the row and writes the event.
    this.addSql(`create table scheduled_posts (post_id text primary key, due_at integer not null)`);
    this.addSql(`create index scheduled_posts_due_at_index on scheduled_posts (due_at)`);
    this.addSql(`insert into scheduled_posts (post_id, due_at)
      select id, published_at from posts where published_at > (unixepoch() * 1000)`);

    const instant = `(select at from operation_instant)`;
    const isHeard = `${instant} is not null`;
    const columns = `(change, at, post_id, author_id, published_before, published_after)`;
    // What was due and nobody noticed comes before what happens now.
    const noteDue = `
      insert into events ${columns}
        select 'due', due_at, old.id, old.author_id, due_at, due_at from scheduled_posts
          where post_id = old.id and due_at <= ${instant};
      delete from scheduled_posts where post_id = old.id and due_at <= ${instant};`;
    const schedule = `
      insert into scheduled_posts (post_id, due_at) select new.id, new.published_at where new.published_at > ${instant};`;
    this.addSql(`create trigger posts_created after insert on posts when ${isHeard} begin
      insert into events ${columns} values ('created', ${instant}, new.id, new.author_id, null, new.published_at);
      ${schedule}
    end`);
    this.addSql(`create trigger posts_changed after update of version on posts when ${isHeard} begin
      ${noteDue}
      delete from scheduled_posts where post_id = old.id and old.published_at is not new.published_at;
      insert into events ${columns}
        values ('changed', ${instant}, new.id, new.author_id, old.published_at, new.published_at);
      insert into scheduled_posts (post_id, due_at)
        select new.id, new.published_at where new.published_at > ${instant} and old.published_at is not new.published_at;
    end`);
    this.addSql(`create trigger posts_voted after update of vote_count on posts
      when ${isHeard} and old.vote_count <> new.vote_count begin
      ${noteDue}
      insert into events ${columns}
        values ('voted', ${instant}, new.id, new.author_id, old.published_at, new.published_at);
    end`);
    this.addSql(`create trigger posts_deleted after delete on posts when ${isHeard} begin
      ${noteDue}
      delete from scheduled_posts where post_id = old.id;
      insert into events ${columns} values ('deleted', ${instant}, old.id, old.author_id, old.published_at, null);
    end`);

    this.addSql(`create trigger sessions_ended after update of ended_at on sessions
      when old.ended_at is null and new.ended_at is not null begin
      insert into events (change, at, session_id) values ('session ended', new.ended_at, new.id);
    end`);
    // With its user, whose deletion ends it.
    this.addSql(`create trigger sessions_deleted after delete on sessions when ${isHeard} and old.ended_at is null begin
      insert into events (change, at, session_id) values ('session ended', ${instant}, old.id);
    end`);
  }
}
