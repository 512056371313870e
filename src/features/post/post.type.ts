import { Field, Int, ObjectType } from "type-graphql";

import { DateTime } from "../../kit/date-time.js";
import { Node, SameForAll } from "../../kit/node.type.js";
import { UserType } from "../user/user.type.js";

/** The fields of a post, from an entity or from a row of a page. */
export type PostContent = Omit<PostType, "author"> & { readonly author: Pick<UserType, "id" | "name" | "createdAt"> };

/** The trait of subscribers who have voted for the post of an event. */
export const voteForIt = "vote";

/** A post as clients see it. The resolver adds the fields that depend on the time or on the viewer. */
@ObjectType("Post", {
  implements: Node,
  simpleResolvers: true,
  description: "A text by a user: a draft, scheduled, or published.",
})
export class PostType extends Node {
  @SameForAll()
  @Field(() => UserType, { description: "The author." })
  readonly author: UserType;

  @SameForAll()
  @Field(() => String, { description: "1 to 200 characters, trimmed." })
  readonly title: string;

  @SameForAll()
  @Field(() => String, { description: "1 to 100,000 characters, exactly as they were sent." })
  readonly content: string;

  @SameForAll()
  @Field(() => DateTime, {
    nullable: true,
    description: "When it became, or will become, visible to others; null for a draft.",
  })
  readonly publishedAt: Date | null;

  @SameForAll()
  @Field(() => DateTime, { description: "When the post was created." })
  readonly createdAt: Date;

  @SameForAll()
  @Field(() => DateTime, { description: "When its title, content or state last changed." })
  readonly updatedAt: Date;

  @SameForAll()
  @Field(() => Int, { description: "How many users have voted for the post." })
  readonly voteCount: number;

  @SameForAll()
  @Field(() => Int, { description: "1 at first; each change adds one." })
  readonly version: number;

  constructor(post: PostContent) {
    super();
    this.id = post.id;
    this.author = post.author instanceof UserType ? post.author : new UserType(post.author);
    this.title = post.title;
    this.content = post.content;
    this.publishedAt = post.publishedAt;
    this.createdAt = post.createdAt;
    this.updatedAt = post.updatedAt;
    this.voteCount = post.voteCount;
    this.version = post.version;
  }
}
