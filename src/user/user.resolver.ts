import type { GraphQLResolveInfo } from "graphql";
import { Ctx, FieldResolver, Info, Query, Resolver, Root } from "type-graphql";

import { requireViewer, viewerAt } from "../auth.js";
import type { Context } from "../context.js";
import { User } from "./user.entity.js";

@Resolver(() => User)
export class UserResolver {
  @Query(() => User, { description: "The signed-in user. Needs a session." })
  me(@Ctx() context: Context): User {
    return requireViewer(context).user;
  }

  @FieldResolver(() => String, {
    nullable: true,
    description: "The email address; shown to the user alone, null to everybody else.",
  })
  email(@Root() user: User, @Ctx() context: Context, @Info() info: GraphQLResolveInfo): string | null {
    return viewerAt(context, info)?.user.id === user.id ? user.email : null;
  }
}
