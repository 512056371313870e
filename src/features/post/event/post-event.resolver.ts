import type { GraphQLResolveInfo } from "graphql";
import { Args, Ctx, FieldResolver, Info, Resolver, Root, Subscription } from "type-graphql";

import { viewerAt } from "../../../kit/auth.js";
import type { Context } from "../../../kit/context.js";
import { Needs } from "../../../kit/declaration.js";
import { SameForAll } from "../../../kit/node.type.js";
import { subscriptionOf } from "../../../kit/subscription-of.js";
import { checkArguments } from "../../../kit/validation.js";
import { selectedOfPost } from "../list/selected-fields.js";
import { PostType, voteForIt } from "../post.type.js";
import { PostEventsArguments, postEventsRules } from "./post-event.args.js";
import { hasVotedFor, postOfEvent } from "./post-event.reads.js";
import { PostEventKind, PostEventType, postEventOf } from "./post-event.type.js";
import { postTopics } from "./post-topics.js";

const subscribe = subscriptionOf<PostEventsArguments, PostEventType>({
  topics: postTopics,
  only(args) {
    const { authorId, postId } = checkArguments(postEventsRules, args);
    return { owner: authorId, subject: postId };
  },
  traits: {
    [voteForIt]: async (event, viewer, reader) =>
      String(viewer !== undefined && (await hasVotedFor(event, viewer.userId, reader))),
  },
  resolve: (event, { cursor, audience }) => postEventOf(event, audience === "owner" ? "owner" : "others", cursor),
  ready: (cursor, now) => new PostEventType(PostEventKind.READY, cursor, now),
  reset: (cursor, now) => new PostEventType(PostEventKind.RESET, cursor, now),
});

@Resolver()
export class PostEventsResolver {
  @Subscription(() => PostEventType, {
    subscribe,
    description: "Events of the posts that the viewer may see, as they happen; the first is READY.",
  })
  @Needs("reader")
  postEvents(@Root() event: PostEventType, @Args(() => PostEventsArguments) _args: PostEventsArguments): PostEventType {
    return event;
  }
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
