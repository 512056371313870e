import { Entity, Index, ManyToOne, PrimaryKey, Property, type Opt } from "@mikro-orm/core";
import { Field, Int, ObjectType } from "type-graphql";

import { DateTime } from "../date-time.js";
import { Node } from "../node.js";
import { User } from "../user/user.entity.js";

/** A post. Whether it is published follows from `publishedAt` and the time, so the resolver adds those fields. */
@ObjectType({
  implements: Node,
  description: "Something written by a user: a draft, scheduled, or published for everybody.",
})
@Entity({ tableName: "posts" })
@Index({ properties: ["listedAt", "id"] })
@Index({ properties: ["author", "listedAt", "id"] })
export class Post extends Node {
  @PrimaryKey({ type: "text" })
  override id!: string;

  @Field(() => User, { description: "Who wrote it." })
  // The index above that starts with the author serves the foreign key too.
  @ManyToOne(() => User, { deleteRule: "cascade", index: false })
  author!: User;

  @Field(() => String, { description: "1 to 200 characters, trimmed." })
  @Property({ type: "text" })
  title!: string;

  @Field(() => String, { description: "1 to 100,000 characters, byte for byte as they were sent." })
  @Property({ type: "text" })
  content!: string;

  @Field(() => DateTime, {
    nullable: true,
    description: "When it became, or will become, visible to others; null for a draft.",
  })
  @Property({ type: "datetime", length: 3, nullable: true })
  publishedAt!: Date | null;

  /** Its place in lists by date: `publishedAt`, or `createdAt` for a draft. A column, so that an index can hold it. */
  @Property({ type: "datetime", length: 3 })
  listedAt!: Date;

  @Field(() => DateTime, { description: "When it was first saved." })
  @Property({ type: "datetime", length: 3 })
  createdAt!: Date;

  @Field(() => DateTime, { description: "When its title, content or state last changed." })
  @Property({ type: "datetime", length: 3 })
  updatedAt!: Date;

  @Field(() => Int, { description: "How many users have voted for it." })
  @Property({ type: "integer", default: 0 })
  voteCount: number & Opt = 0;

  @Field(() => Int, { description: "1 at first; goes up by one with each change." })
  @Property({ type: "integer" })
  version!: number;
}
