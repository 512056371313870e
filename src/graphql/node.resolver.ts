import type { GraphQLResolveInfo, GraphQLSchema } from "graphql";
import { Arg, Ctx, ID, Info, Query, Resolver } from "type-graphql";

import { requireViewer, viewerAt } from "../kit/auth.js";
import type { Context } from "../kit/context.js";
import { Needs } from "../kit/declaration.js";
import { isId, type IdKind } from "../kit/id.js";
import { Node } from "../kit/node.type.js";
import { postsFor } from "../features/post/list/post.reads.js";
import { selectedOfPost } from "../features/post/list/selected-fields.js";
import { sessionsOf } from "../features/session/session.reads.js";
import { usersOf } from "../features/user/user.reads.js";

/** The way to find an application's own objects by their ids. */
export type NodeSource = {
  /** Their GraphQL type, which implements `Node`. */
  readonly type: new (...args: never[]) => Node;
  /** Returns the object of a well-formed id; null if there is none that the viewer may see. */
  readonly find: (id: string, context: Context, info: GraphQLResolveInfo) => Promise<Node | null>;
};

/** The sources of a schema by their kinds of ids. */
export type NodeSources = Readonly<Record<string, NodeSource>>;

const addedTo = new WeakMap<GraphQLSchema, NodeSources>();

/** Has the field `node` of a schema find an application's own objects. */
export function noteNodeSources(schema: GraphQLSchema, sources: NodeSources): void {
  addedTo.set(schema, sources);
}

/** Finds any object by its id alone (https://relay.dev/graphql/objectidentification.htm). */
@Resolver()
export class NodeResolver {
  @Query(() => Node, {
    nullable: true,
    description:
      "Any object by its id; null if there is none or the viewer may not see it. Types that need a session need one here too.",
  })
  @Needs("reader")
  async node(
    @Arg("id", () => ID, { description: "The object's id." }) id: string,
    @Ctx() context: Context,
    @Info() info: GraphQLResolveInfo,
  ): Promise<Node | null> {
    const viewer = viewerAt(context, info);
    if (isId("post", id)) return postsFor(context, viewer).post(id, selectedOfPost(info));
    if (isId("user", id)) {
      // Callers without an account see users only as authors.
      if (viewer === undefined && !(await postsFor(context, viewer).isAuthor(id))) return null;
      return usersOf(context).load(id);
    }
    if (isId("session", id)) {
      const sessions = await sessionsOf(context, requireViewer(context).userId);
      return sessions.find((session) => session.id === id) ?? null;
    }
    for (const [kind, { find }] of Object.entries(addedTo.get(info.schema) ?? {}))
      if (isId(kind as IdKind, id)) return find(id, context, info);
    return null;
  }
}
