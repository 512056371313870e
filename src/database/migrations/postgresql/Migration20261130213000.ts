import { Migration } from "@mikro-orm/migrations";

/** What bounds the sessions of a user and the posts that they create, as SQLite's migration of the same name has it. */
export class Migration20261130213000 extends Migration {
  override async up(): Promise<void> {
    this.addSql("create index sessions_user_id_expires_at_index on sessions (user_id, expires_at)");
    this.addSql(`create table post_creations (
      author_id text collate "C" not null references users on delete cascade,
      number integer not null,
      created_at bigint not null,
      primary key (author_id, number)
    )`);
  }
}
