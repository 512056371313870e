import { Migration } from '@mikro-orm/migrations';

export class Migration20261122101343 extends Migration {

  override async up(): Promise<void> {
    // The index names rows by a whole number. SQLite's own row numbers may change when the file is compacted, because
    // posts have a text as their key, so they get a number of their own here.
    this.addSql(`create table \`post_search_keys\` (\`key\` integer primary key, \`post_id\` text not null unique);`);
    this.addSql(`insert into \`post_search_keys\` (\`post_id\`) select \`id\` from \`posts\` order by \`id\`;`);
    this.addSql(`create view \`post_search_source\` as select \`post_search_keys\`.\`key\`, \`posts\`.\`title\`, \`posts\`.\`content\` from \`post_search_keys\` join \`posts\` on \`posts\`.\`id\` = \`post_search_keys\`.\`post_id\`;`);

    // The texts stay in posts alone. No sizes are kept: ranking doesn't go by them.
    this.addSql(`create virtual table \`post_search\` using fts5(title, content, content='post_search_source', content_rowid='key', columnsize=0, prefix='2 3', tokenize='unicode61 remove_diacritics 2');`);
    this.addSql(`insert into \`post_search\` (\`post_search\`) values ('rebuild');`);

    // In step by the database itself, for posts too that a deleted account takes along.
    this.addSql(`create trigger \`post_search_insert\` after insert on \`posts\` begin
      insert into \`post_search_keys\` (\`post_id\`) values (new.\`id\`);
      insert into \`post_search\` (rowid, title, content) select \`key\`, new.\`title\`, new.\`content\` from \`post_search_keys\` where \`post_id\` = new.\`id\`;
    end;`);
    this.addSql(`create trigger \`post_search_update\` after update of \`title\`, \`content\` on \`posts\` begin
      insert into \`post_search\` (\`post_search\`, rowid, title, content) select 'delete', \`key\`, old.\`title\`, old.\`content\` from \`post_search_keys\` where \`post_id\` = old.\`id\`;
      insert into \`post_search\` (rowid, title, content) select \`key\`, new.\`title\`, new.\`content\` from \`post_search_keys\` where \`post_id\` = new.\`id\`;
    end;`);
    this.addSql(`create trigger \`post_search_delete\` before delete on \`posts\` begin
      insert into \`post_search\` (\`post_search\`, rowid, title, content) select 'delete', \`key\`, old.\`title\`, old.\`content\` from \`post_search_keys\` where \`post_id\` = old.\`id\`;
      delete from \`post_search_keys\` where \`post_id\` = old.\`id\`;
    end;`);
  }

}
