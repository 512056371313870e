import type { Opt } from "@mikro-orm/core";

import { Entity, Index, ManyToOne, PrimaryKey, Property } from "../../database/mikro-orm.js";
import { InstantType } from "../../kit/instant-column.js";
import { User } from "../user/user.entity.js";

/** A post as it is stored. Whether it is published follows from `publishedAt` and the time. */
@Entity({ tableName: "posts" })
export class Post {
  @PrimaryKey({ type: "text" })
  id!: string;

  // None of the partial indexes below can serve the foreign key, which needs posts in every state.
  @ManyToOne(() => User, { deleteRule: "cascade" })
  author!: User;

  @Property({ type: "text" })
  title!: string;

  /** The sort key of the title; see `titleKeyOf`. */
  @Property({ type: "text", default: "" })
  titleKey!: string;

  @Property({ type: "text" })
  content!: string;

  /** When it became, or will become, visible to others; null for a draft. */
  @Property({ type: InstantType, nullable: true })
  publishedAt!: Date | null;

  /** Its position in lists by date: `publishedAt`, or `createdAt` for a draft. A column, so that an index can hold it. */
  @Property({ type: InstantType })
  listedAt!: Date;

  @Property({ type: InstantType })
  createdAt!: Date;

  /** When its title, content or state last changed. */
  @Property({ type: InstantType })
  updatedAt!: Date;

  /** Written by triggers only. */
  @Property({ type: "integer", default: 0 })
  voteCount: number & Opt = 0;

  /** 1 at first; each change adds one. */
  @Property({ type: "integer" })
  version!: number;
}

// Three indexes for each order: of all dated posts, of an author's dated posts, and of an author's drafts. The first two end
// with `listed_at`, so that scheduled posts are skipped within the index.
for (const key of ["listed_at", "created_at", "updated_at", "title_key", "vote_count"]) {
  const skipColumn = key === "listed_at" ? "" : ", `listed_at`";
  const indexes = {
    dated: `(\`${key}\`, \`id\`${skipColumn}) where \`published_at\` is not null`,
    author_dated: `(\`author_id\`, \`${key}\`, \`id\`${skipColumn}) where \`published_at\` is not null`,
    author_drafts: `(\`author_id\`, \`${key}\`, \`id\`) where \`published_at\` is null`,
  };
  for (const [kind, definition] of Object.entries(indexes)) {
    const name = `posts_${kind}_${key}_index`;
    Index({ name, expression: `create index \`${name}\` on \`posts\` ${definition}` })(Post);
  }
}

// Posts that were published later than they were created. A list by date with a filter by creation needs them separately.
for (const [kind, author] of [
  ["", ""],
  ["author_", "`author_id`, "],
] as const) {
  const name = `posts_${kind}dated_apart_index`;
  const definition = `(${author}\`listed_at\`, \`id\`, \`created_at\`) where \`published_at\` is not null and \`listed_at\` <> \`created_at\``;
  Index({ name, expression: `create index \`${name}\` on \`posts\` ${definition}` })(Post);
}
