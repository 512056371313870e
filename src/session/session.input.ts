import { Field, InputType } from "type-graphql";
import { z } from "zod";

import { storableText, textOf, trimmedTextOf } from "../input-rules.js";

@InputType({ description: "What a new account needs." })
export class RegisterInput {
  @Field(() => String, { description: "Unique among all accounts, in upper or lower case." })
  email!: string;

  @Field(() => String, { description: "The name that others see: 1 to 80 characters, trimmed." })
  name!: string;

  @Field(() => String, { description: "12 to 256 characters, of any kind." })
  password!: string;
}

@InputType({ description: "The credentials of an account." })
export class LoginInput {
  @Field(() => String, { description: "The account's email address, in upper or lower case." })
  email!: string;

  @Field(() => String, { description: "The account's password." })
  password!: string;
}

/** Something, an @ and a domain; whether mail arrives there only a mail can tell. RFC 5321 ends it at 254 octets. */
const email = storableText
  .transform((text) => text.trim())
  .refine(
    (text) => /^[^\s@]+@[^\s@]+$/.test(text) && Buffer.byteLength(text) <= 254,
    "must be an email address of 254 bytes at most",
  );

export const registerRules = z.object({
  input: z.object({ email, name: trimmedTextOf(1, 80), password: textOf(12, 256) }),
});

// Which rule an address or a password breaks is no business of a login: they fit an account or they don't.
// Only what can't be stored or would take too long to hash is refused.
export const loginRules = z.object({
  input: z.object({ email: storableText, password: textOf(0, 256) }),
});
