import { Field, ID, InputType } from "type-graphql";
import { z } from "zod";

import { storableText } from "../../kit/validation.js";

@InputType({ description: "The refresh token to exchange." })
export class RefreshSessionInput {
  @Field(() => String, { description: "The newest refresh token that the client has." })
  refreshToken!: string;
}

@InputType({ description: "The session to end, for a client whose access token has expired." })
export class LogoutInput {
  @Field(() => String, { nullable: true, description: "A refresh token of the session, used or not." })
  refreshToken?: string | null;
}

@InputType({ description: "The session to end." })
export class RevokeSessionInput {
  @Field(() => ID, { description: "The session's id, as sessions lists it." })
  sessionId!: string;
}

export const revokeSessionRules = z.object({ input: z.object({ sessionId: storableText }) });
