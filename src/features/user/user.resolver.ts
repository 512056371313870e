import type { GraphQLResolveInfo } from "graphql";
import { Ctx, FieldResolver, Info, Query, Resolver, Root } from "type-graphql";

import { viewerAt, viewerOf } from "../../kit/auth.js";
import type { Context } from "../../kit/context.js";
import { Needs } from "../../kit/declaration.js";
import { UserType, userOf } from "./user.type.js";

@Resolver(() => UserType)
export class UserResolver {
  @Query(() => UserType, { description: "The signed-in user." })
  @Needs("any")
  me(@Ctx() context: Context): UserType {
    return userOf(viewerOf(context));
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
