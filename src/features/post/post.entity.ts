import { Entity, Index, ManyToOne, PrimaryKey, Property, type Opt } from "@mikro-orm/core";

import { InstantType } from "../../kit/instant-column.js";
import { User } from "../user/user.entity.js";

/** A post as it is stored. Whether it is published follows from `publishedAt` and the time. */
@Entity({ tableName: "posts" })
export class Post {
  @PrimaryKey({ type: "text" })
  id!: string;

  // None of the partial indexes below can serve the foreign key, which looks for posts in every state.
  @ManyToOne(() => User, { deleteRule: "cascade" })
  author!: User;

  @Property({ type: "text" })
  title!: string;

  /** What the title is sorted by; see `titleKeyOf`. */
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

  /** Kept by triggers; nothing else writes it. */
  @Property({ type: "integer", default: 0 })
  voteCount: number & Opt = 0;

  /** 1 at first; goes up by one with each change. */
  @Property({ type: "integer" })
  version!: number;
}

// Three indexes an order, for what is found along it: everybody's dated posts, an author's dated ones, an author's
// drafts. `listed_at` stands at the end of the first two, so that scheduled posts are passed over within the index.
for (const key of ["listed_at", "created_at", "updated_at", "title_key", "vote_count"]) {
  const passedOver = key === "listed_at" ? "" : ", `listed_at`";
  const indexes = {
    dated: `(\`${key}\`, \`id\`${passedOver}) where \`published_at\` is not null`,
    author_dated: `(\`author_id\`, \`${key}\`, \`id\`${passedOver}) where \`published_at\` is not null`,
    author_drafts: `(\`author_id\`, \`${key}\`, \`id\`) where \`published_at\` is null`,
  };
  for (const [kind, definition] of Object.entries(indexes)) {
    const name = `posts_${kind}_${key}_index`;
    Index({ name, expression: `create index \`${name}\` on \`posts\` ${definition}` })(Post);
  }
}

// Posts that were not published when they were created, which a list by date with a filter by creation looks for apart.
for (const [kind, author] of [
  ["", ""],
  ["author_", "`author_id`, "],
] as const) {
  const name = `posts_${kind}dated_apart_index`;
  const definition = `(${author}\`listed_at\`, \`id\`, \`created_at\`) where \`published_at\` is not null and \`listed_at\` <> \`created_at\``;
  Index({ name, expression: `create index \`${name}\` on \`posts\` ${definition}` })(Post);
}
