import { Migration } from '@mikro-orm/migrations';

export class Migration20261122101342 extends Migration {

  override async up(): Promise<void> {
    this.addSql(`drop index \`posts_listed_at_id_index\`;`);
    this.addSql(`drop index \`posts_author_id_listed_at_id_index\`;`);

    this.addSql(`alter table \`posts\` add column \`title_key\` text not null default '';`);
    // As titleKeyOf of src/title-key.ts does it at the time of writing.
    for (const { id, title } of await this.execute('select id, title from posts')) {
      const titleKey = title.normalize('NFKD').replace(/\p{M}/gu, '').toLowerCase();
      this.addSql(this.getKnex().raw('update posts set title_key = ? where id = ?', [titleKey, id]));
    }
    this.addSql(`create index \`posts_author_id_index\` on \`posts\` (\`author_id\`);`);
    this.addSql(`create index \`posts_dated_listed_at_index\` on \`posts\` (\`listed_at\`, \`id\`) where \`published_at\` is not null;`);
    this.addSql(`create index \`posts_author_dated_listed_at_index\` on \`posts\` (\`author_id\`, \`listed_at\`, \`id\`) where \`published_at\` is not null;`);
    this.addSql(`create index \`posts_author_drafts_listed_at_index\` on \`posts\` (\`author_id\`, \`listed_at\`, \`id\`) where \`published_at\` is null;`);
    this.addSql(`create index \`posts_dated_created_at_index\` on \`posts\` (\`created_at\`, \`id\`, \`listed_at\`) where \`published_at\` is not null;`);
    this.addSql(`create index \`posts_author_dated_created_at_index\` on \`posts\` (\`author_id\`, \`created_at\`, \`id\`, \`listed_at\`) where \`published_at\` is not null;`);
    this.addSql(`create index \`posts_author_drafts_created_at_index\` on \`posts\` (\`author_id\`, \`created_at\`, \`id\`) where \`published_at\` is null;`);
    this.addSql(`create index \`posts_dated_updated_at_index\` on \`posts\` (\`updated_at\`, \`id\`, \`listed_at\`) where \`published_at\` is not null;`);
    this.addSql(`create index \`posts_author_dated_updated_at_index\` on \`posts\` (\`author_id\`, \`updated_at\`, \`id\`, \`listed_at\`) where \`published_at\` is not null;`);
    this.addSql(`create index \`posts_author_drafts_updated_at_index\` on \`posts\` (\`author_id\`, \`updated_at\`, \`id\`) where \`published_at\` is null;`);
    this.addSql(`create index \`posts_dated_title_key_index\` on \`posts\` (\`title_key\`, \`id\`, \`listed_at\`) where \`published_at\` is not null;`);
    this.addSql(`create index \`posts_author_dated_title_key_index\` on \`posts\` (\`author_id\`, \`title_key\`, \`id\`, \`listed_at\`) where \`published_at\` is not null;`);
    this.addSql(`create index \`posts_author_drafts_title_key_index\` on \`posts\` (\`author_id\`, \`title_key\`, \`id\`) where \`published_at\` is null;`);
    this.addSql(`create index \`posts_dated_vote_count_index\` on \`posts\` (\`vote_count\`, \`id\`, \`listed_at\`) where \`published_at\` is not null;`);
    this.addSql(`create index \`posts_author_dated_vote_count_index\` on \`posts\` (\`author_id\`, \`vote_count\`, \`id\`, \`listed_at\`) where \`published_at\` is not null;`);
    this.addSql(`create index \`posts_author_drafts_vote_count_index\` on \`posts\` (\`author_id\`, \`vote_count\`, \`id\`) where \`published_at\` is null;`);
  }

}
