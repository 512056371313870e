import type { GraphQLResolveInfo } from "graphql";
import { postsFor, PostType, requireViewer, selectedOfPost, viewerAt, type Context } from "postern";
import { Arg, Ctx, FieldResolver, ID, Info, Mutation, Query, Resolver, Root } from "type-graphql";

import { addBookmark, bookmarksOf } from "./bookmark.service.js";
import { BookmarkType } from "./bookmark.type.js";

@Resolver(() => BookmarkType)
export class BookmarkResolver {
  @Query(() => [BookmarkType], { description: "The viewer's bookmarks, the latest first. Needs a session." })
  async bookmarks(@Ctx() context: Context): Promise<BookmarkType[]> {
    return bookmarksOf(context, requireViewer(context));
  }

  @Mutation(() => BookmarkType, { description: "Keeps a post to read later. Needs a session." })
  async addBookmark(
    @Arg("postId", () => ID, { description: "The post's id." }) postId: string,
    @Ctx() context: Context,
  ): Promise<BookmarkType> {
    return addBookmark(context, requireViewer(context), postId);
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
