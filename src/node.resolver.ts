import type { GraphQLResolveInfo } from "graphql";
import { Arg, Ctx, ID, Info, Query, Resolver } from "type-graphql";

import { requireReader, requireViewer } from "./auth.js";
import type { Context } from "./context.js";
import { isId } from "./id.js";
import { Node } from "./node.type.js";
import { postsFor } from "./post/list/post.reads.js";
import { selectedOfPost } from "./post/list/selection.js";
import { sessionsOf } from "./session/session.reads.js";
import { usersOf } from "./user/user.reads.js";

/** Relay's way to any object again, by its id alone (https://relay.dev/graphql/objectidentification.htm). */
@Resolver()
export class NodeResolver {
  @Query(() => Node, {
    nullable: true,
    description:
      "Any object by its id; null where there is none or the viewer may not see it. Needs a session for what needs one (see PUBLIC_READS).",
  })
  async node(
    @Arg("id", () => ID, { description: "The object's id." }) id: string,
    @Ctx() context: Context,
    @Info() info: GraphQLResolveInfo,
  ): Promise<Node | null> {
    const viewer = requireReader(context);
    if (isId("post", id)) return postsFor(context, viewer).post(id, selectedOfPost(info));
    if (isId("user", id)) {
      // Without an account one meets people as authors.
      if (viewer === undefined && !(await postsFor(context, viewer).isAuthor(id))) return null;
      return usersOf(context).load(id);
    }
    if (isId("session", id)) {
      const sessions = await sessionsOf(context, requireViewer(context).userId);
      return sessions.find((session) => session.id === id) ?? null;
    }
    return null;
  }
}
