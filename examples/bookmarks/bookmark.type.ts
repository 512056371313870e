import { DateTime, Node } from "postern";
import { Field, ObjectType } from "type-graphql";

/** A bookmark as clients see it. The resolver adds the post. */
@ObjectType("Bookmark", { implements: Node, simpleResolvers: true, description: "A post that a user keeps." })
export class BookmarkType extends Node {
  readonly postId: string;

  @Field(() => DateTime, { description: "When the user kept it." })
  readonly createdAt: Date;

  constructor(bookmark: { readonly id: string; readonly postId: string; readonly createdAt: Date }) {
    super();
    this.id = bookmark.id;
    this.postId = bookmark.postId;
    this.createdAt = bookmark.createdAt;
  }
}
