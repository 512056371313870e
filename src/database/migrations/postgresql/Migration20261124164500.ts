import { Migration } from "@mikro-orm/migrations";

/**
 * All tables as SQLite's migrations have left them by then. Instants are milliseconds since 1970; keys and ids sort by
 * their bytes, as they do in SQLite.
 */
export class Migration20261124164500 extends Migration {
  override async up(): Promise<void> {
    this.addSql(`create table users (
      id text collate "C" primary key,
      name text not null,
      email text not null,
      email_key text collate "C" not null unique,
      password_hash text not null,
      created_at bigint not null
    )`);

    this.addSql(`create table sessions (
      id text collate "C" primary key,
      user_id text collate "C" not null references users on delete cascade,
      created_at bigint not null,
      last_used_at bigint not null,
      expires_at bigint not null,
      ended_at bigint,
      user_agent text
    )`);
    this.addSql(`create index sessions_user_id_index on sessions (user_id)`);
    this.addSql(`create index sessions_expires_at_index on sessions (expires_at)`);

    this.addSql(`create table refresh_tokens (
      hash text collate "C" primary key,
      session_id text collate "C" not null references sessions on delete cascade,
      used_at bigint,
      kept_until bigint,
      sealed_successor text
    )`);
    this.addSql(`create index refresh_tokens_session_id_index on refresh_tokens (session_id)`);
    this.addSql(`create index refresh_tokens_kept_until_index on refresh_tokens (kept_until)`);

    this.addSql(`create table attempts (
      key text collate "C" primary key,
      failures integer not null,
      waits_until bigint,
      succeeded_at bigint,
      touched_at bigint not null
    )`);
    this.addSql(`create index attempts_touched_at_index on attempts (touched_at)`);

    this.addSql(`create table posts (
      id text collate "C" primary key,
      author_id text collate "C" not null references users on delete cascade,
      title text not null,
      title_key text collate "C" not null default '',
      content text not null,
      published_at bigint,
      listed_at bigint not null,
      created_at bigint not null,
      updated_at bigint not null,
      vote_count integer not null default 0,
      version integer not null
    )`);
    this.addSql(`create index posts_author_id_index on posts (author_id)`);
    // Three for each order: everybody's dated posts, an author's dated ones, an author's drafts.
    for (const key of ["listed_at", "created_at", "updated_at", "title_key", "vote_count"]) {
      const passedOver = key === "listed_at" ? "" : ", listed_at";
      this.addSql(
        `create index posts_dated_${key}_index on posts (${key}, id${passedOver}) where published_at is not null`,
      );
      this.addSql(
        `create index posts_author_dated_${key}_index on posts (author_id, ${key}, id${passedOver}) where published_at is not null`,
      );
      this.addSql(
        `create index posts_author_drafts_${key}_index on posts (author_id, ${key}, id) where published_at is null`,
      );
    }

    // A table of its own: a vote changes an indexed column of its post, and would make the words' index grow each time.
    this.addSql(`create table post_search (
      post_id text collate "C" primary key references posts on delete cascade,
      words tsvector not null
    )`);
    this.addSql(`create index post_search_words_index on post_search using gin (words)`);

    this.addSql(`create table votes (
      post_id text collate "C" not null references posts on delete cascade,
      user_id text collate "C" not null references users on delete cascade,
      primary key (post_id, user_id)
    )`);
    this.addSql(`create index votes_user_id_index on votes (user_id)`);

    // Counted by the database itself, so that the count holds for votes that a deleted account takes along too. Once a
    // statement, with the posts locked in the order of their ids: two accounts with common votes that are deleted at
    // once would otherwise wait for each other.
    this.addSql(`create function count_votes() returns trigger language plpgsql as $$
      begin
        perform 1 from posts where id in (select post_id from changed) order by id for no key update;
        update posts set vote_count = vote_count + change.votes
          from (select post_id, case tg_op when 'INSERT' then count(*) else -count(*) end as votes
            from changed group by post_id) change
          where posts.id = change.post_id;
        return null;
      end $$`);
    this.addSql(`create trigger votes_count_up after insert on votes
      referencing new table as changed for each statement execute function count_votes()`);
    this.addSql(`create trigger votes_count_down after delete on votes
      referencing old table as changed for each statement execute function count_votes()`);
  }
}
