import { z } from "zod";

import { badUserInput } from "../foundation/errors.js";

/** Returns the number of Unicode code points, which is closer to what people call characters than UTF-16 units. */
export function countCharacters(text: string): number {
  let count = 0;
  for (const _ of text) count += 1;
  return count;
}

/**
 * The rule for text that every database stores byte for byte: PostgreSQL rejects NUL, and both change half of a surrogate
 * pair.
 */
export const storableText = z
  .string("must be text")
  .refine((text) => !text.includes("\0") && text.isWellFormed(), "must not contain NUL or lone surrogates");

/** Returns the rule for text of `least` to `most` characters. */
export function textOf(least: number, most: number) {
  return storableText.refine(
    (text) => {
      const length = countCharacters(text);
      return length >= least && length <= most;
    },
    // Made when it is needed: to format the first number takes Node ten milliseconds.
    { error: () => `must have ${least} to ${most.toLocaleString("en")} characters` },
  );
}

/** Returns the same rule for text that is counted and stored without the white space around it. */
export function trimmedTextOf(least: number, most: number) {
  return z
    .string("must be text")
    .transform((text) => text.trim())
    .pipe(textOf(least, most));
}

/** Reports whether a value is an object as in JSON. */
export function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/**
 * Checks a field's arguments against their rules, given as an object with a key per argument.
 *
 * @returns the checked values, with the changes that the rules make, such as trimming.
 * @throws KnownError `BAD_USER_INPUT` with every broken rule, and never a value.
 */
export function checkArguments<Rules extends z.ZodType>(rules: Rules, args: unknown): z.output<Rules> {
  const result = rules.safeParse(args);
  if (result.success) return result.data;
  throw badUserInput(
    result.error.issues.map(({ path, message }) => ({
      path: path.filter((step) => typeof step !== "symbol"),
      message,
    })),
  );
}
