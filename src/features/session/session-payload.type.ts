import type { GraphQLResolveInfo } from "graphql";
import { Field, Int, ObjectType } from "type-graphql";

import type { Context } from "../../kit/context.js";
import { DateTime } from "../../kit/date-time.js";
import { UserType, userOf } from "../user/user.type.js";
import type { OpenedSession } from "./session.service.js";

/** The payload of `register`, `login` and `refreshSession`. */
@ObjectType({
  simpleResolvers: true,
  description: "The tokens of a session: a short-lived JWT, and a refresh token to renew it.",
})
export class SessionPayload {
  @Field(() => String, { description: "The JWT. Send it as: Authorization: Bearer <accessToken>" })
  readonly accessToken: string;

  @Field(() => String, { description: "Always Bearer." })
  readonly tokenType = "Bearer";

  @Field(() => DateTime, { description: "The token's exp claim: from this instant on it is refused." })
  readonly expiresAt: Date;

  @Field(() => Int, { description: "Seconds from serverTime to expiresAt, rounded down." })
  readonly expiresIn: number;

  @Field(() => String, { description: "Opaque. Each refresh replaces it: keep the newest." })
  readonly refreshToken: string;

  @Field(() => DateTime, { description: "The end of the session, unless it is refreshed before." })
  readonly refreshExpiresAt: Date;

  @Field(() => DateTime, {
    description: "The server's clock at this operation, for clients whose own clock is off.",
  })
  readonly serverTime: Date;

  @Field(() => UserType, { description: "The session's user." })
  readonly user: UserType;

  constructor(opened: OpenedSession, now: Date) {
    this.accessToken = opened.accessToken;
    this.expiresAt = opened.expiresAt;
    this.expiresIn = Math.floor((opened.expiresAt.getTime() - now.getTime()) / 1000);
    this.refreshToken = opened.refreshToken;
    this.refreshExpiresAt = opened.sessionExpiresAt;
    this.serverTime = now;
    this.user = userOf(opened.viewer);
  }
}

/** Returns the payload of a session just opened or renewed. Below it, the viewer is the session's user. */
export function openedPayload(opened: OpenedSession, context: Context, info: GraphQLResolveInfo): SessionPayload {
  context.openedBy.set(info.path.key, opened.viewer);
  return new SessionPayload(opened, context.now);
}
