import { Migration } from "@mikro-orm/migrations";

/** When a user was disabled, as SQLite's migration of the same name has it. */
export class Migration20261129140000 extends Migration {
  override async up(): Promise<void> {
    this.addSql("alter table users add column disabled_at bigint");
  }
}
