import { z } from "zod";

import { badUserInput } from "../foundation/errors.js";

/** Unicode code points, which is what a person counts as characters more often than UTF-16 units. */
export function countCharacters(text: string): number {
  let count = 0;
  for (const _ of text) count += 1;
  return count;
}

/**
 * Text that every database stores byte for byte: NUL is refused by PostgreSQL, and half of a surrogate pair is
 * changed by both.
 */
export const storableText = z
  .string("must be text")
  .refine((text) => !text.includes("\0") && text.isWellFormed(), "must not contain NUL or lone surrogates");

/** Text of `least` to `most` characters. */
export function textOf(least: number, most: number) {
  return storableText.refine(
    (text) => {
      const length = countCharacters(text);
      return length >= least && length <= most;
    },
    `must have ${least} to ${most.toLocaleString("en")} characters`,
  );
}

/** The same, counted and stored without the white space around it. */
export function trimmedTextOf(least: number, most: number) {
  return z
    .string("must be text")
    .transform((text) => text.trim())
    .pipe(textOf(least, most));
}

/** Whether a value is an object as JSON has them. */
export function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/**
 * Checks a field's arguments against their rules, given as an object with a key per argument.
 *
 * @returns the checked values, trimmed and the like where the rules say so.
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
