import { Migration } from "@mikro-orm/migrations";

/** When somebody who administers the server disabled a user. */
export class Migration20261129140000 extends Migration {
  override async up(): Promise<void> {
    this.addSql("alter table `users` add column `disabled_at` datetime null;");
  }
}
