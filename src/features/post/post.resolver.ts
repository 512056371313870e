import type { GraphQLResolveInfo } from "graphql";
import {
  Arg,
  Args,
  Ctx,
  Field,
  FieldResolver,
  ID,
  Info,
  Int,
  Mutation,
  ObjectType,
  Query,
  registerEnumType,
  Resolver,
  Root,
} from "type-graphql";

import { viewerAt, viewerOf } from "../../kit/auth.js";
import type { Context } from "../../kit/context.js";
import { Answers, Needs } from "../../kit/declaration.js";
import { SameForAll, SameForTrait } from "../../kit/node.type.js";
import { MayBeRawJson, type RawJson } from "../../kit/raw-json.js";
import { checkArguments } from "../../kit/validation.js";
import { PostConnection, readConnection } from "./list/post.connection.js";
import {
  CreatePostInput,
  createPostRules,
  DeletePostInput,
  deletePostRules,
  UpdatePostInput,
  updatePostRules,
  VotePostInput,
  votePostRules,
} from "./post.input.js";
import { pageRules, PostsArguments } from "./list/posts.args.js";
import { PostStatus, statusAt } from "./post-publication.js";
import { postsFor } from "./list/post.reads.js";
import { selectedOfPost, selectedOfPosts } from "./list/selected-fields.js";
import { createPost, deletePost, updatePost } from "./post.service.js";
import { transactionWithContentLimit } from "./content-limit.js";
import { PostType, voteForIt, type PostContent } from "./post.type.js";
import { setVote } from "./vote.service.js";

registerEnumType(PostStatus, {
  name: "PostStatus",
  description: "Who can see a post.",
  valuesConfig: {
    DRAFT: { description: "Only its author." },
    SCHEDULED: { description: "Only its author, until publishedAt." },
    PUBLISHED: { description: "Everybody who may read posts." },
  },
});

@ObjectType({ simpleResolvers: true, description: "A post just created or changed." })
class PostPayload {
  @Field(() => PostType, { description: "The post as it is now." })
  readonly post: PostType;

  constructor(post: PostContent) {
    this.post = new PostType(post);
  }
}

@ObjectType({ simpleResolvers: true, description: "A post just deleted." })
class DeletePostPayload {
  @Field(() => ID, { description: "The id of the deleted post." })
  readonly deletedPostId!: string;
}

@Resolver(() => PostType)
export class PostResolver {
  @MayBeRawJson()
  @Query(() => PostType, {
    nullable: true,
    description: "A post by its id; null if there is none or the viewer may not see it.",
  })
  @Needs("reader")
  async post(
    @Arg("id", () => ID, { description: "The post's id." }) id: string,
    @Ctx() context: Context,
    @Info() info: GraphQLResolveInfo,
  ): Promise<PostType | RawJson | null> {
    return postsFor(context, viewerAt(context, info)).postOrJson(id, selectedOfPost(info));
  }

  @Query(() => PostConnection, {
    description:
      "The posts that the viewer may see: every published one, and the viewer's own drafts and scheduled ones. Latest first, unless orderBy or search says otherwise.",
  })
  @Needs("reader")
  async posts(
    @Args(() => PostsArguments) args: PostsArguments,
    @Ctx() context: Context,
    @Info() info: GraphQLResolveInfo,
  ): Promise<PostConnection> {
    const reads = postsFor(context, viewerAt(context, info));
    const { listing, page } = checkArguments(pageRules, args);
    return readConnection(reads, listing, page, selectedOfPosts(info));
  }

  @Mutation(() => PostPayload, { description: "Creates a post of the viewer." })
  @Needs("any")
  @Answers("TOO_MANY_ATTEMPTS")
  async createPost(
    @Arg("input", () => CreatePostInput, { description: "The post to create." }) input: CreatePostInput,
    @Ctx() context: Context,
    @Info() info: GraphQLResolveInfo,
  ): Promise<PostPayload> {
    const viewer = viewerOf(context);
    const checked = checkArguments(createPostRules, { input, now: context.now });
    return new PostPayload(
      await createPost(transactionWithContentLimit(context, info), viewer, checked.input, context),
    );
  }

  @Mutation(() => PostPayload, {
    description: "Changes the given fields of a post; only its author may.",
  })
  @Needs("any")
  @Answers("NOT_FOUND", "CONFLICT")
  async updatePost(
    @Arg("input", () => UpdatePostInput, { description: "The post and its changes." }) input: UpdatePostInput,
    @Ctx() context: Context,
    @Info() info: GraphQLResolveInfo,
  ): Promise<PostPayload> {
    const viewer = viewerOf(context);
    const checked = checkArguments(updatePostRules, { input, now: context.now });
    return new PostPayload(
      await updatePost(transactionWithContentLimit(context, info), viewer, checked.input, context.now),
    );
  }

  @Mutation(() => DeletePostPayload, { description: "Deletes a post; only its author may." })
  @Needs("any")
  @Answers("NOT_FOUND")
  async deletePost(
    @Arg("input", () => DeletePostInput, { description: "The post to delete." }) input: DeletePostInput,
    @Ctx() context: Context,
  ): Promise<DeletePostPayload> {
    const viewer = viewerOf(context);
    const { id } = checkArguments(deletePostRules, { input }).input;
    await deletePost(context.transaction, viewer, id, context.now);
    return { deletedPostId: id };
  }

  @Mutation(() => PostPayload, {
    description: "Adds the viewer's vote; changes nothing if there is one already.",
  })
  @Needs("any")
  @Answers("NOT_FOUND")
  async votePost(
    @Arg("input", () => VotePostInput, { description: "The post to vote for." }) input: VotePostInput,
    @Ctx() context: Context,
    @Info() info: GraphQLResolveInfo,
  ): Promise<PostPayload> {
    return changeVote(context, info, input, true);
  }

  @Mutation(() => PostPayload, {
    description: "Removes the viewer's vote; changes nothing if there is none.",
  })
  @Needs("any")
  @Answers("NOT_FOUND")
  async unvotePost(
    @Arg("input", () => VotePostInput, { description: "The post to remove the vote from." }) input: VotePostInput,
    @Ctx() context: Context,
    @Info() info: GraphQLResolveInfo,
  ): Promise<PostPayload> {
    return changeVote(context, info, input, false);
  }

  @SameForTrait(voteForIt)
  @FieldResolver(() => Boolean, { description: "Whether the viewer has voted for the post." })
  async viewerHasVoted(
    @Root() post: PostType,
    @Ctx() context: Context,
    @Info() info: GraphQLResolveInfo,
  ): Promise<boolean> {
    return postsFor(context, viewerAt(context, info)).voted(post.id);
  }

  @SameForAll()
  @FieldResolver(() => Boolean, { description: "Whether others can see the post now." })
  published(@Root() post: PostType, @Ctx() { now }: Context): boolean {
    return statusAt(post.publishedAt, now) === PostStatus.PUBLISHED;
  }

  @SameForAll()
  @FieldResolver(() => PostStatus, { description: "Who can see the post now." })
  status(@Root() post: PostType, @Ctx() { now }: Context): PostStatus {
    return statusAt(post.publishedAt, now);
  }
}

async function changeVote(
  context: Context,
  info: GraphQLResolveInfo,
  input: VotePostInput,
  voted: boolean,
): Promise<PostPayload> {
  const viewer = viewerOf(context);
  const { postId } = checkArguments(votePostRules, { input }).input;
  const post = await setVote(transactionWithContentLimit(context, info), viewer, postId, voted, context.now);
  postsFor(context, viewer).noteVote(post.id, voted);
  return new PostPayload(post);
}

@Resolver(() => PostConnection)
export class PostConnectionResolver {
  @FieldResolver(() => Int, {
    description: "How many posts the whole list has, counted only if selected; for a search at most 20,000.",
  })
  totalCount(@Root() connection: PostConnection): Promise<number> | number {
    return connection.count();
  }
}
