import { Migration } from '@mikro-orm/migrations';

export class Migration20261122071908 extends Migration {

  override async up(): Promise<void> {
    this.addSql(`create table \`users\` (\`id\` text not null, \`name\` text not null, \`email\` text not null, \`email_key\` text not null, \`password_hash\` text not null, \`created_at\` datetime not null, primary key (\`id\`));`);
    this.addSql(`create unique index \`users_email_key_unique\` on \`users\` (\`email_key\`);`);

    this.addSql(`create table \`sessions\` (\`id\` text not null, \`user_id\` text not null, \`created_at\` datetime not null, \`last_used_at\` datetime not null, \`expires_at\` datetime not null, \`user_agent\` text null, constraint \`sessions_user_id_foreign\` foreign key(\`user_id\`) references \`users\`(\`id\`) on delete cascade on update cascade, primary key (\`id\`));`);
    this.addSql(`create index \`sessions_user_id_index\` on \`sessions\` (\`user_id\`);`);

    this.addSql(`create table \`posts\` (\`id\` text not null, \`author_id\` text not null, \`title\` text not null, \`content\` text not null, \`published_at\` datetime null, \`listed_at\` datetime not null, \`created_at\` datetime not null, \`updated_at\` datetime not null, \`version\` integer not null, constraint \`posts_author_id_foreign\` foreign key(\`author_id\`) references \`users\`(\`id\`) on delete cascade on update cascade, primary key (\`id\`));`);
    this.addSql(`create index \`posts_author_id_listed_at_id_index\` on \`posts\` (\`author_id\`, \`listed_at\`, \`id\`);`);
    this.addSql(`create index \`posts_listed_at_id_index\` on \`posts\` (\`listed_at\`, \`id\`);`);
  }

}
