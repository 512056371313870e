import type { GraphQLResolveInfo } from "graphql";
import { Arg, Ctx, Field, ID, Info, Int, Mutation, ObjectType, Resolver } from "type-graphql";

import { viewerOf } from "../../kit/auth.js";
import type { Context } from "../../kit/context.js";
import { Answers, HandlesSecret, Needs } from "../../kit/declaration.js";
import { checkArguments } from "../../kit/validation.js";
import {
  ChangePasswordInput,
  changePasswordRules,
  DeleteAccountInput,
  deleteAccountRules,
  LoginInput,
  loginRules,
  RegisterInput,
  registerRules,
} from "./account.input.js";
import { changePassword, deleteAccount, login, register } from "./account.service.js";
import { openedPayload, SessionPayload } from "../session/session-payload.type.js";

@ObjectType({ simpleResolvers: true, description: "A password just changed." })
class ChangePasswordPayload {
  @Field(() => Int, { description: "How many other sessions ended." })
  readonly endedSessions!: number;
}

@ObjectType({ simpleResolvers: true, description: "An account that is gone." })
class DeleteAccountPayload {
  @Field(() => ID, { description: "The id of the deleted user." })
  readonly deletedUserId!: string;
}

/** The mutations that take a password. */
@Resolver()
export class AccountResolver {
  @Mutation(() => SessionPayload, {
    description: "Creates an account and opens its first session.",
  })
  @Needs("none")
  @Answers("CONFLICT", "TOO_MANY_ATTEMPTS")
  @HandlesSecret()
  async register(
    @Arg("input", () => RegisterInput, { description: "The account to create." }) input: RegisterInput,
    @Ctx() context: Context,
    @Info() info: GraphQLResolveInfo,
  ): Promise<SessionPayload> {
    const { client, settings, now } = context;
    const checked = checkArguments(registerRules, { input });
    return openedPayload(await register(context, checked.input, client, settings.sessionRules, now), context, info);
  }

  @Mutation(() => SessionPayload, {
    description: "Opens a session; an expired token never prevents it.",
  })
  @Needs("none")
  @Answers("INVALID_CREDENTIALS", "FORBIDDEN", "TOO_MANY_ATTEMPTS")
  @HandlesSecret()
  async login(
    @Arg("input", () => LoginInput, { description: "The account's credentials." }) input: LoginInput,
    @Ctx() context: Context,
    @Info() info: GraphQLResolveInfo,
  ): Promise<SessionPayload> {
    const { client, settings, now } = context;
    const checked = checkArguments(loginRules, { input });
    return openedPayload(await login(context, checked.input, client, settings.sessionRules, now), context, info);
  }

  @Mutation(() => ChangePasswordPayload, {
    description: "Sets a new password and ends every other session of the viewer.",
  })
  @Needs("session")
  @Answers("INVALID_CREDENTIALS", "TOO_MANY_ATTEMPTS")
  @HandlesSecret()
  async changePassword(
    @Arg("input", () => ChangePasswordInput, { description: "The old and the new password." })
    input: ChangePasswordInput,
    @Ctx() context: Context,
  ): Promise<ChangePasswordPayload> {
    const viewer = viewerOf(context);
    const checked = checkArguments(changePasswordRules, { input });
    const { client, now } = context;
    return { endedSessions: await changePassword(context, viewer, checked.input, client, now) };
  }

  @Mutation(() => DeleteAccountPayload, {
    description: "Deletes the viewer with their posts, votes and sessions permanently.",
  })
  @Needs("session")
  @Answers("INVALID_CREDENTIALS", "TOO_MANY_ATTEMPTS")
  @HandlesSecret()
  async deleteAccount(
    @Arg("input", () => DeleteAccountInput, { description: "The password, as proof of identity." })
    input: DeleteAccountInput,
    @Ctx() context: Context,
  ): Promise<DeleteAccountPayload> {
    const viewer = viewerOf(context);
    const checked = checkArguments(deleteAccountRules, { input });
    await deleteAccount(context, viewer, checked.input, context.client, context.now);
    return { deletedUserId: viewer.userId };
  }
}
