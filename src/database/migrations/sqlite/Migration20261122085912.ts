import { Migration } from '@mikro-orm/migrations';

export class Migration20261122085912 extends Migration {

  override async up(): Promise<void> {
    this.addSql(`drop index \`refresh_tokens_used_at_index\`;`);

    this.addSql(`alter table \`refresh_tokens\` add column \`kept_until\` datetime null;`);
    this.addSql(`create index \`refresh_tokens_kept_until_index\` on \`refresh_tokens\` (\`kept_until\`);`);
  }

}
