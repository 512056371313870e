import type { AddedMigration } from "postern";

export const migrations: readonly AddedMigration[] = [
  {
    name: "2026-11-29 bookmarks",
    sqlite: [
      `create table bookmarks (
        id text not null primary key,
        user_id text not null references users (id) on delete cascade on update cascade,
        post_id text not null references posts (id) on delete cascade on update cascade,
        created_at datetime not null
      )`,
      "create index bookmarks_post_id_index on bookmarks (post_id)",
      "create unique index bookmarks_user_id_post_id_unique on bookmarks (user_id, post_id)",
    ],
    postgresql: [
      `create table bookmarks (
        id text collate "C" primary key,
        user_id text collate "C" not null references users on delete cascade,
        post_id text collate "C" not null references posts on delete cascade,
        created_at bigint not null
      )`,
      "create index bookmarks_post_id_index on bookmarks (post_id)",
      "create unique index bookmarks_user_id_post_id_unique on bookmarks (user_id, post_id)",
    ],
  },
];
