import { Migration } from '@mikro-orm/migrations';

export class Migration20261122084653 extends Migration {

  override async up(): Promise<void> {
    this.addSql(`create table \`votes\` (\`post_id\` text not null, \`user_id\` text not null, constraint \`votes_post_id_foreign\` foreign key(\`post_id\`) references \`posts\`(\`id\`) on delete cascade on update cascade, constraint \`votes_user_id_foreign\` foreign key(\`user_id\`) references \`users\`(\`id\`) on delete cascade on update cascade, primary key (\`post_id\`, \`user_id\`));`);
    this.addSql(`create index \`votes_user_id_index\` on \`votes\` (\`user_id\`);`);

    this.addSql(`alter table \`posts\` add column \`vote_count\` integer not null default 0;`);

    // Counted by the database itself, so that the count holds for votes that a deleted account takes along too.
    this.addSql(`create trigger \`votes_count_up\` after insert on \`votes\` begin update \`posts\` set \`vote_count\` = \`vote_count\` + 1 where \`id\` = new.\`post_id\`; end;`);
    this.addSql(`create trigger \`votes_count_down\` after delete on \`votes\` begin update \`posts\` set \`vote_count\` = \`vote_count\` - 1 where \`id\` = old.\`post_id\`; end;`);
  }

}
