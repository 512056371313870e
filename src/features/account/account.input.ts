import { Field, InputType } from "type-graphql";
import { z } from "zod";

import { storableText, textOf, trimmedTextOf } from "../../kit/validation.js";
import { isGuessablePassword } from "./guessable-password.js";

@InputType({ description: "A new account." })
export class RegisterInput {
  @Field(() => String, { description: "Unique among all accounts, in upper or lower case." })
  email!: string;

  @Field(() => String, { description: "The name that others see: 1 to 80 characters, trimmed." })
  name!: string;

  @Field(() => String, { description: "12 to 256 characters, of any kind; the most common passwords are refused." })
  password!: string;
}

@InputType({ description: "The credentials of an account." })
export class LoginInput {
  @Field(() => String, { description: "The account's email address, in upper or lower case." })
  email!: string;

  @Field(() => String, { description: "The account's password." })
  password!: string;
}

@InputType({ description: "The new password, and the current one as proof of identity." })
export class ChangePasswordInput {
  @Field(() => String, { description: "The current password." })
  currentPassword!: string;

  @Field(() => String, { description: "12 to 256 characters, of any kind; the most common passwords are refused." })
  newPassword!: string;
}

@InputType({ description: "The proof of identity to delete an account." })
export class DeleteAccountInput {
  @Field(() => String, { description: "The account's password." })
  currentPassword!: string;
}

/** Something, an @ and a domain: only an email can tell whether it arrives. RFC 5321 allows at most 254 bytes. */
const email = storableText
  .transform((text) => text.trim())
  .refine(
    (text) => /^[^\s@]+@[^\s@]+$/.test(text) && Buffer.byteLength(text) <= 254,
    "must be an email address of at most 254 bytes",
  );

const newPassword = textOf(12, 256).refine(
  (password) => !isGuessablePassword(password),
  "must not be one of the most common passwords",
);

// A sign-in doesn't say which rule a password breaks: it fits the account or it doesn't. Only passwords that can't be stored
// or would take too long to hash are refused.
const givenPassword = textOf(0, 256);

export const registerRules = z.object({
  input: z.object({ email, name: trimmedTextOf(1, 80), password: newPassword }),
});

/** The rules of a password that an administrator sets. */
export const newPasswordRules = z.object({ password: newPassword });

export const loginRules = z.object({ input: z.object({ email: storableText, password: givenPassword }) });

export const changePasswordRules = z.object({
  input: z.object({ currentPassword: givenPassword, newPassword }),
});

export const deleteAccountRules = z.object({ input: z.object({ currentPassword: givenPassword }) });
