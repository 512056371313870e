import type { GraphQLResolveInfo } from "graphql";
import { Args, Ctx, FieldResolver, Info, Resolver, Root, Subscription } from "type-graphql";

import { viewerAt } from "../../../kit/auth.js";
import type { Context } from "../../../kit/context.js";
import { Needs } from "../../../kit/declaration.js";
import { SameForAll } from "../../../kit/node.type.js";
import { checkArguments } from "../../../kit/validation.js";
import { selectedOfPost } from "../list/selected-fields.js";
import { PostType } from "../post.type.js";
import { PostEventsArguments, postEventsRules } from "./post-event.args.js";
import { postOfEvent } from "./post-event.reads.js";
import { postEventsSource } from "./post-event.source.js";
import { PostEventKind, PostEventType } from "./post-event.type.js";

@Resolver()
export class PostEventsResolver {
  @Subscription(() => PostEventType, {
    // Events come from the event log; see `begin`.
    topics: "unused",
    description: "Events of the posts that the viewer may see, as they happen; the first is READY.",
  })
  @Needs("reader")
  async postEvents(
    @Root() event: PostEventType | undefined,
    @Args(() => PostEventsArguments) args: PostEventsArguments,
    @Ctx() context: Context,
    @Info() info: GraphQLResolveInfo,
  ): Promise<PostEventType> {
    return event ?? begin(context, args, info);
  }
}

/** Starts a subscription, and returns its first event. */
async function begin(context: Context, args: PostEventsArguments, info: GraphQLResolveInfo): Promise<PostEventType> {
  const viewer = viewerAt(context, info);
  const { after, ...filter } = checkArguments(postEventsRules, args);
  const cursor = await context.live!.begin(postEventsSource(viewer?.userId, filter), after, info);
  return new PostEventType(PostEventKind.READY, cursor, context.now);
}

/** Adds the post to its event. */
@Resolver(() => PostEventType)
export class PostEventResolver {
  @SameForAll()
  @FieldResolver(() => PostType, {
    nullable: true,
    description:
      "The post as the viewer sees it now; null with READY, RESET and REMOVED, and if the viewer can no longer see it.",
  })
  async post(
    @Root() event: PostEventType,
    @Ctx() context: Context,
    @Info() info: GraphQLResolveInfo,
  ): Promise<PostType | null> {
    if (event.change === undefined || event.kind === PostEventKind.REMOVED) return null;
    return postOfEvent(context, viewerAt(context, info), event.change, selectedOfPost(info));
  }
}
