import type { GraphQLResolveInfo } from "graphql";
import { Ctx, FieldResolver, Info, Query, Resolver, Root } from "type-graphql";

import { requireViewer, viewerAt } from "../../kit/auth.js";
import type { Context } from "../../kit/context.js";
import { UserType, userOf } from "./user.type.js";

@Resolver(() => UserType)
export class UserResolver {
  @Query(() => UserType, { description: "The signed-in user. Needs a session." })
  me(@Ctx() context: Context): UserType {
    return userOf(requireViewer(context));
  }

  @FieldResolver(() => String, {
    nullable: true,
    description: "The email address; null to everybody except the user.",
  })
  email(@Root() user: UserType, @Ctx() context: Context, @Info() info: GraphQLResolveInfo): string | null {
    const viewer = viewerAt(context, info);
    return viewer?.userId === user.id ? viewer.email : null;
  }
}
