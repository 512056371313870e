import { ArgsType, Field, Int, registerEnumType } from "type-graphql";
import { z } from "zod";

import { defaultPageSize, longestPage, OrderDirection, type PageRequest, type Position } from "./page-request.js";

registerEnumType(OrderDirection, {
  name: "OrderDirection",
  description: "The direction of a list.",
  valuesConfig: {
    ASC: { description: "Lowest, earliest or first in the alphabet first." },
    DESC: { description: "Highest, latest or last in the alphabet first." },
  },
});

/** The arguments that select a page of a list. */
@ArgsType()
export class PageArguments {
  @Field(() => Int, {
    nullable: true,
    description: `How many from the start, 0 to ${longestPage}; ${defaultPageSize} if neither this nor last is given.`,
  })
  first?: number | null;

  @Field(() => String, { nullable: true, description: "A cursor: only what comes after it." })
  after?: string | null;

  @Field(() => Int, {
    nullable: true,
    description: `How many from the end, 0 to ${longestPage}; ${defaultPageSize} if only before is given. Not together with first.`,
  })
  last?: number | null;

  @Field(() => String, { nullable: true, description: "A cursor: only what comes before it." })
  before?: string | null;
}

const sizeMessage = `must be 0 to ${longestPage}`;
const size = z.int(sizeMessage).min(0, sizeMessage).max(longestPage, sizeMessage).nullish();

/** The rules of each argument of a page on its own. Null means the same as absent, as everywhere in Relay. */
export const pageArgumentRules = { first: size, after: z.string().nullish(), last: size, before: z.string().nullish() };

type Arguments = z.output<z.ZodObject<typeof pageArgumentRules>>;

/** The issue of a rule about several arguments. It is reported along with all other issues. */
export const about = (name: string, message: string) => ({ path: [name], message, when: () => true });

/** The rule that a page has only one of `first` and `last`. */
export const fromOneEnd = [
  ({ first, last }: Arguments) => first == null || last == null,
  about("last", "must not be set together with first"),
] as const;

/** The rule that an argument is a cursor of the list, from which `positionIn` reads the position. */
export const cursorRule = <Args extends Arguments>(
  name: "after" | "before",
  positionIn: (cursor: string, args: Args) => Position | undefined,
) =>
  [
    (args: Args) => args[name] == null || positionIn(args[name], args) !== undefined,
    about(name, "must be a cursor from a list in this order"),
  ] as const;

/** Returns the page that checked arguments request. */
export function pageRequestOf<Args extends Arguments>(
  args: Args,
  positionIn: (cursor: string, args: Args) => Position | undefined,
  offset = 0,
): PageRequest {
  const { first, last } = args;
  const after = args.after == null ? undefined : positionIn(args.after, args);
  const before = args.before == null ? undefined : positionIn(args.before, args);
  return {
    size: first ?? last ?? defaultPageSize,
    fromEnd: first == null && (last != null || (before !== undefined && after === undefined)),
    after,
    before,
    offset,
  };
}
