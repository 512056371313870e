import type { GraphQLResolveInfo } from "graphql";
import { Arg, Ctx, Field, FieldResolver, ID, Info, Int, Mutation, ObjectType, Resolver, Root } from "type-graphql";

import { viewerAt, viewerOf } from "../../kit/auth.js";
import type { Context } from "../../kit/context.js";
import { Answers, HandlesSecret, Needs } from "../../kit/declaration.js";
import { KnownError } from "../../foundation/errors.js";
import { checkArguments } from "../../kit/validation.js";
import { UserType } from "../user/user.type.js";
import { logoutByRefreshToken, refreshSession } from "./refresh.service.js";
import { openedPayload, SessionPayload } from "./session-payload.type.js";
import { LogoutInput, RefreshSessionInput, RevokeSessionInput, revokeSessionRules } from "./session.input.js";
import { sessionsOf } from "./session.reads.js";
import { endOwnSessions } from "./session.service.js";
import { SessionType } from "./session.type.js";

@ObjectType({ simpleResolvers: true, description: "What logging out did." })
class LogoutPayload {
  @Field(() => Int, { description: "How many sessions ended." })
  readonly endedSessions!: number;
}

@ObjectType({ simpleResolvers: true, description: "A session just ended." })
class RevokeSessionPayload {
  @Field(() => ID, { description: "Its id." })
  readonly sessionId!: string;
}

@Resolver(() => SessionType)
export class SessionResolver {
  @Mutation(() => SessionPayload, {
    description: "Exchanges a refresh token for a new pair of tokens.",
  })
  @Needs("none")
  @Answers("INVALID_REFRESH_TOKEN")
  @HandlesSecret()
  async refreshSession(
    @Arg("input", () => RefreshSessionInput, { description: "The token to exchange." }) input: RefreshSessionInput,
    @Ctx() context: Context,
    @Info() info: GraphQLResolveInfo,
  ): Promise<SessionPayload> {
    const { transaction, client, settings, now } = context;
    return openedPayload(
      await refreshSession(transaction, input.refreshToken, client, settings.sessionRules, now),
      context,
      info,
    );
  }

  @Mutation(() => LogoutPayload, {
    description:
      "Ends the session of the given refresh token or, without one, of this access token. From then on its tokens are refused.",
  })
  @Needs("session", { unless: "refreshToken" })
  @Answers("INVALID_REFRESH_TOKEN")
  async logout(
    @Arg("input", () => LogoutInput, { nullable: true, description: "A refresh token, instead of the header." })
    input: LogoutInput | null | undefined,
    @Ctx() context: Context,
  ): Promise<LogoutPayload> {
    const refreshToken = input?.refreshToken;
    if (refreshToken != null) {
      const { transaction, client, now } = context;
      return { endedSessions: await logoutByRefreshToken(transaction, refreshToken, client, now) };
    }
    const viewer = viewerOf(context);
    return { endedSessions: await endOwnSessions(context, viewer, { only: viewer.sessionId }, "logout") };
  }

  @Mutation(() => LogoutPayload, { description: "Ends every session of the viewer, this one too." })
  @Needs("session")
  async logoutEverywhere(@Ctx() context: Context): Promise<LogoutPayload> {
    const viewer = viewerOf(context);
    return { endedSessions: await endOwnSessions(context, viewer, "all", "logout everywhere") };
  }

  @Mutation(() => RevokeSessionPayload, { description: "Ends one session of the viewer." })
  @Needs("session")
  @Answers("NOT_FOUND")
  async revokeSession(
    @Arg("input", () => RevokeSessionInput, { description: "The session to end." }) input: RevokeSessionInput,
    @Ctx() context: Context,
  ): Promise<RevokeSessionPayload> {
    const viewer = viewerOf(context);
    const { sessionId } = checkArguments(revokeSessionRules, { input }).input;
    const ended = await endOwnSessions(context, viewer, { only: sessionId }, "revoked");
    if (ended === 0) throw new KnownError("NOT_FOUND", "There is no such session");
    return { sessionId };
  }

  @FieldResolver(() => Boolean, { description: "Whether it is the session of this request's token." })
  current(@Root() session: SessionType, @Ctx() context: Context, @Info() info: GraphQLResolveInfo): boolean {
    return viewerAt(context, info)?.sessionId === session.id;
  }
}

/** Adds the sessions to a user. */
@Resolver(() => UserType)
export class UserSessionsResolver {
  @FieldResolver(() => [SessionType], {
    nullable: true,
    description: "The user's live sessions, newest first; null to everybody else.",
  })
  async sessions(
    @Root() user: UserType,
    @Ctx() context: Context,
    @Info() info: GraphQLResolveInfo,
  ): Promise<readonly SessionType[] | null> {
    if (viewerAt(context, info)?.userId !== user.id) return null;
    return sessionsOf(context, user.id);
  }
}
