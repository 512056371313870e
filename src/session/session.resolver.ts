import type { GraphQLResolveInfo } from "graphql";
import { Arg, Ctx, Field, Info, Int, Mutation, ObjectType, Resolver } from "type-graphql";

import type { Context } from "../context.js";
import { DateTime } from "../date-time.js";
import { checkArguments } from "../input-rules.js";
import { User } from "../user/user.entity.js";
import { LoginInput, loginRules, RegisterInput, registerRules } from "./session.input.js";
import { login, register, type OpenedSession } from "./session.service.js";

@ObjectType({ simpleResolvers: true, description: "What a client holds after signing in: a short-lived JWT." })
class SessionPayload {
  @Field(() => String, { description: "The JWT. Send it as: Authorization: Bearer <accessToken>" })
  readonly accessToken: string;

  @Field(() => String, { description: "Always Bearer." })
  readonly tokenType = "Bearer";

  @Field(() => DateTime, { description: "The token's exp claim: from this instant on it is refused." })
  readonly expiresAt: Date;

  @Field(() => Int, { description: "Seconds from serverTime to expiresAt, rounded down." })
  readonly expiresIn: number;

  @Field(() => DateTime, {
    description: "The server's clock at this operation, for clients whose own clock is off.",
  })
  readonly serverTime: Date;

  @Field(() => User, { description: "Whose session it is." })
  readonly user: User;

  constructor(opened: OpenedSession, now: Date) {
    this.accessToken = opened.accessToken;
    this.expiresAt = opened.expiresAt;
    this.expiresIn = Math.floor((opened.expiresAt.getTime() - now.getTime()) / 1000);
    this.serverTime = now;
    this.user = opened.viewer.user;
  }
}

@Resolver()
export class SessionResolver {
  @Mutation(() => SessionPayload, {
    description: "Creates an account and opens its first session. Ignores any Authorization header.",
  })
  async register(
    @Arg("input", () => RegisterInput, { description: "The account to create." }) input: RegisterInput,
    @Ctx() context: Context,
    @Info() info: GraphQLResolveInfo,
  ): Promise<SessionPayload> {
    const { em, origin, sessionRules, now } = context;
    const checked = checkArguments(registerRules, { input });
    return answerOpened(await register(em, checked.input, origin, sessionRules, now), context, info);
  }

  @Mutation(() => SessionPayload, {
    description:
      "Opens a session. Ignores any Authorization header: an expired token never stands in the way of a new one.",
  })
  async login(
    @Arg("input", () => LoginInput, { description: "The account's credentials." }) input: LoginInput,
    @Ctx() context: Context,
    @Info() info: GraphQLResolveInfo,
  ): Promise<SessionPayload> {
    const { em, origin, sessionRules, now } = context;
    const checked = checkArguments(loginRules, { input });
    return answerOpened(await login(em, checked.input, origin, sessionRules, now), context, info);
  }
}

/** The payload, below which the viewer is the user just signed in. */
function answerOpened(opened: OpenedSession, context: Context, info: GraphQLResolveInfo): SessionPayload {
  context.openedBy.set(info.path.key, opened.viewer);
  return new SessionPayload(opened, context.now);
}
