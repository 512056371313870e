import type { GraphQLResolveInfo } from "graphql";
import { Args, Ctx, FieldResolver, Info, Resolver, Root } from "type-graphql";

import { viewerAt } from "../../kit/auth.js";
import type { Context } from "../../kit/context.js";
import { checkArguments } from "../../kit/validation.js";
import { UserType } from "../user/user.type.js";
import { PostConnection } from "./list/post.connection.js";
import { pageRules, PostPageArguments } from "./list/posts.args.js";
import { postsFor } from "./list/post.reads.js";
import { selectedOfPosts } from "./list/selected-fields.js";

/** Adds the posts to a user. */
@Resolver(() => UserType)
export class UserPostsResolver {
  @FieldResolver(() => PostConnection, {
    description: "The user's posts that the viewer may see, latest first unless orderBy says otherwise.",
  })
  async posts(
    @Root() user: UserType,
    @Args(() => PostPageArguments) args: PostPageArguments,
    @Ctx() context: Context,
    @Info() info: GraphQLResolveInfo,
  ): Promise<PostConnection> {
    const checked = checkArguments(pageRules, args);
    const listing = { ...checked.listing, authorId: user.id };
    const reads = postsFor(context, viewerAt(context, info));
    const page = await reads.authorPage(user.id, checked.listing, checked.page, selectedOfPosts(info));
    return new PostConnection(page, listing, reads);
  }
}
