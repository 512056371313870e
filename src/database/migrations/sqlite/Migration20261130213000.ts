import { Migration } from "@mikro-orm/migrations";

/** An index for the live sessions of a user, and a table of the posts that a user has created in the last hour. */
export class Migration20261130213000 extends Migration {
  override async up(): Promise<void> {
    this.addSql("create index `sessions_user_id_expires_at_index` on `sessions` (`user_id`, `expires_at`);");
    this.addSql(
      "create table `post_creations` (`author_id` text not null, `number` integer not null, `created_at` datetime not null, constraint `post_creations_author_id_foreign` foreign key(`author_id`) references `users`(`id`) on delete cascade on update cascade, primary key (`author_id`, `number`));",
    );
  }
}
