import { Field, InputType } from "type-graphql";
import { z } from "zod";

import { storableText, textOf, trimmedTextOf } from "../../kit/validation.js";
import { isGuessablePassword } from "./guessable-password.js";

@InputType({ description: "What a new account needs." })
export class RegisterInput {
  @Field(() => String, { description: "Unique among all accounts, in upper or lower case." })
  email!: string;

  @Field(() => String, { description: "The name that others see: 1 to 80 characters, trimmed." })
  name!: string;

  @Field(() => String, { description: "12 to 256 characters, of any kind; the ones that everybody tries are refused." })
  password!: string;
}

@InputType({ description: "The credentials of an account." })
export class LoginInput {
  @Field(() => String, { description: "The account's email address, in upper or lower case." })
  email!: string;

  @Field(() => String, { description: "The account's password." })
  password!: string;
}

@InputType({ description: "The password to set, and the one to prove who asks." })
export class ChangePasswordInput {
  @Field(() => String, { description: "The password until now." })
  currentPassword!: string;

  @Field(() => String, { description: "12 to 256 characters, of any kind; the ones that everybody tries are refused." })
  newPassword!: string;
}

@InputType({ description: "What deleting an account takes." })
export class DeleteAccountInput {
  @Field(() => String, { description: "The account's password." })
  currentPassword!: string;
}

/** Something, an @ and a domain; whether mail arrives there only a mail can tell. RFC 5321 ends it at 254 octets. */
const email = storableText
  .transform((text) => text.trim())
  .refine(
    (text) => /^[^\s@]+@[^\s@]+$/.test(text) && Buffer.byteLength(text) <= 254,
    "must be an email address of 254 bytes at most",
  );

const newPassword = textOf(12, 256).refine(
  (password) => !isGuessablePassword(password),
  "must not be one that everybody tries",
);

// Which rule a password at hand breaks is no business of a sign-in: it fits the account or it doesn't. Only what can't
// be stored or would take too long to hash is refused.
const givenPassword = textOf(0, 256);

export const registerRules = z.object({
  input: z.object({ email, name: trimmedTextOf(1, 80), password: newPassword }),
});

/** What is asked of a password that somebody is given. */
export const newPasswordRules = z.object({ password: newPassword });

export const loginRules = z.object({ input: z.object({ email: storableText, password: givenPassword }) });

export const changePasswordRules = z.object({
  input: z.object({ currentPassword: givenPassword, newPassword }),
});

export const deleteAccountRules = z.object({ input: z.object({ currentPassword: givenPassword }) });
