import { Migration } from '@mikro-orm/migrations';

export class Migration20261122075615 extends Migration {

  override async up(): Promise<void> {
    this.addSql(`create table \`attempts\` (\`key\` text not null, \`failures\` integer not null, \`waits_until\` datetime null, \`succeeded_at\` datetime null, \`touched_at\` datetime not null, primary key (\`key\`));`);
    this.addSql(`create index \`attempts_touched_at_index\` on \`attempts\` (\`touched_at\`);`);

    this.addSql(`create table \`refresh_tokens\` (\`hash\` text not null, \`session_id\` text not null, \`used_at\` datetime null, \`sealed_successor\` text null, constraint \`refresh_tokens_session_id_foreign\` foreign key(\`session_id\`) references \`sessions\`(\`id\`) on delete cascade on update cascade, primary key (\`hash\`));`);
    this.addSql(`create index \`refresh_tokens_session_id_index\` on \`refresh_tokens\` (\`session_id\`);`);
    this.addSql(`create index \`refresh_tokens_used_at_index\` on \`refresh_tokens\` (\`used_at\`);`);

    this.addSql(`alter table \`sessions\` add column \`ended_at\` datetime null;`);
    this.addSql(`create index \`sessions_expires_at_index\` on \`sessions\` (\`expires_at\`);`);
  }

}
