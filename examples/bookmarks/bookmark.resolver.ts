import type { GraphQLResolveInfo } from "graphql";
import { Answers, Needs, postsFor, PostType, selectedOfPost, viewerAt, viewerOf, type Context } from "postern";
import { Arg, Ctx, FieldResolver, ID, Info, Mutation, Query, Resolver, Root } from "type-graphql";

import { addBookmark, bookmarksOf } from "./bookmark.service.js";
import { BookmarkType } from "./bookmark.type.js";

@Resolver(() => BookmarkType)
export class BookmarkResolver {
  @Query(() => [BookmarkType], { description: "The viewer's bookmarks, the latest first." })
  @Needs("any")
  async bookmarks(@Ctx() context: Context): Promise<BookmarkType[]> {
    return bookmarksOf(context, viewerOf(context));
  }

  @Mutation(() => BookmarkType, { description: "Keeps a post to read later." })
  @Needs("any")
  @Answers("NOT_FOUND", "SHELF_FULL")
  async addBookmark(
    @Arg("postId", () => ID, { description: "The post's id." }) postId: string,
    @Ctx() context: Context,
  ): Promise<BookmarkType> {
    return addBookmark(context, viewerOf(context), postId);
  }

  @FieldResolver(() => PostType, { nullable: true, description: "The post; null if it has just gone." })
  async post(
    @Root() { postId }: BookmarkType,
    @Ctx() context: Context,
    @Info() info: GraphQLResolveInfo,
  ): Promise<PostType | null> {
    return postsFor(context, viewerAt(context, info)).post(postId, selectedOfPost(info));
  }
}
