import { Field, Int, ObjectType } from "type-graphql";

import { DateTime } from "../../kit/date-time.js";
import { Node, SameForAll } from "../../kit/node.type.js";
import { UserType } from "../user/user.type.js";

/** What a post is made from: a stored one, or a row of a page. */
export type PostContent = Omit<PostType, "author"> & { readonly author: Pick<UserType, "id" | "name" | "createdAt"> };

/** The trait of having voted for the post that an event is about. */
export const voteForIt = "vote";

/** A post as clients see it. The resolver adds what depends on the time or on who asks. */
@ObjectType("Post", {
  implements: Node,
  simpleResolvers: true,
  description: "Something written by a user: a draft, scheduled, or published for everybody.",
})
export class PostType extends Node {
  @SameForAll()
  @Field(() => UserType, { description: "Who wrote it." })
  readonly author: UserType;

  @SameForAll()
  @Field(() => String, { description: "1 to 200 characters, trimmed." })
  readonly title: string;

  @SameForAll()
  @Field(() => String, { description: "1 to 100,000 characters, byte for byte as they were sent." })
  readonly content: string;

  @SameForAll()
  @Field(() => DateTime, {
    nullable: true,
    description: "When it became, or will become, visible to others; null for a draft.",
  })
  readonly publishedAt: Date | null;

  @SameForAll()
  @Field(() => DateTime, { description: "When it was first saved." })
  readonly createdAt: Date;

  @SameForAll()
  @Field(() => DateTime, { description: "When its title, content or state last changed." })
  readonly updatedAt: Date;

  @SameForAll()
  @Field(() => Int, { description: "How many users have voted for it." })
  readonly voteCount: number;

  @SameForAll()
  @Field(() => Int, { description: "1 at first; goes up by one with each change." })
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
