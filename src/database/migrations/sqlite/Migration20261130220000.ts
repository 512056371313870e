import { Migration } from "@mikro-orm/migrations";

/**
 * The search index takes words that the server has made of a text, in one form for all that is canonically equivalent.
 * What a server of the previous release writes is indexed by triggers as it is, and again by a server that makes words:
 * `words_of` is the version of the post whose words these are, null if a trigger has indexed it.
 */
export class Migration20261130220000 extends Migration {
  override async up(): Promise<void> {
    for (const name of ["insert", "update", "delete"]) this.addSql(`drop trigger post_search_${name}`);
    this.addSql("drop table post_search");
    this.addSql("drop view post_search_source");

    this.addSql("alter table post_search_keys add column words_of integer");
    this.addSql("create index post_search_keys_raw_index on post_search_keys (key) where words_of is null");
    // It keeps no text, and no positions. Words that the server has made pass its tokenizer as they are.
    this.addSql(`create virtual table post_search using fts5(title, content, content='', contentless_delete=1,
      detail=column, prefix='1 2 3', tokenize="unicode61 remove_diacritics 2 categories 'L* N* Co M*'")`);
    this.addSql(`insert into post_search (rowid, title, content)
      select key, title, content from post_search_keys cross join posts on posts.id = post_id order by key`);

    this.addSql(`create trigger post_search_insert after insert on posts
      when not exists (select 1 from post_search_keys where post_id = new.id) begin
        insert into post_search_keys (post_id) values (new.id);
        insert into post_search (rowid, title, content)
          select key, new.title, new.content from post_search_keys where post_id = new.id;
      end`);
    this.addSql(`create trigger post_search_update after update of title, content on posts
      when new.version = old.version
        or not exists (select 1 from post_search_keys where post_id = new.id and words_of = new.version) begin
        insert or replace into post_search (rowid, title, content)
          select key, new.title, new.content from post_search_keys where post_id = new.id;
        update post_search_keys set words_of = null where post_id = new.id;
      end`);
    this.addSql(`create trigger post_search_delete before delete on posts begin
        delete from post_search where rowid = (select key from post_search_keys where post_id = old.id);
        delete from post_search_keys where post_id = old.id;
      end`);

    this.addSql(`create index posts_dated_apart_index on posts (listed_at, id, created_at)
      where published_at is not null and listed_at <> created_at`);
    this.addSql(`create index posts_author_dated_apart_index on posts (author_id, listed_at, id, created_at)
      where published_at is not null and listed_at <> created_at`);
  }
}
