import { ArgsType, Field, ID, InputType, Int, registerEnumType } from "type-graphql";
import { z } from "zod";

import { DateTime } from "../../date-time.js";
import { storableText, textOf } from "../../validation.js";
import { positionOf } from "./cursor.js";
import type { Listing, PageRequest } from "./post-list.js";
import { bestMatchFirst, latestFirst, OrderDirection, PostOrderField, type ListOrder, type Position } from "./order.js";
import { PostStatus } from "../post.publication.js";
import { mostWords, searchedWords, searchOf } from "./search.js";

registerEnumType(PostOrderField, {
  name: "PostOrderField",
  description: "What posts can be ordered by. Where several are alike, their ids decide.",
  valuesConfig: {
    PUBLISHED_AT: { description: "publishedAt, or createdAt for a draft." },
    CREATED_AT: { description: "createdAt." },
    UPDATED_AT: { description: "updatedAt." },
    TITLE: { description: "The title; accents and case make no difference." },
    VOTE_COUNT: { description: "voteCount." },
  },
});
registerEnumType(OrderDirection, {
  name: "OrderDirection",
  description: "Which way a list runs.",
  valuesConfig: {
    ASC: { description: "Lowest, earliest or first in the alphabet first." },
    DESC: { description: "Highest, latest or last in the alphabet first." },
  },
});

@InputType({ description: "An order of posts." })
export class PostOrder {
  @Field(() => PostOrderField, { description: "What to order by." })
  field!: PostOrderField;

  @Field(() => OrderDirection, { description: "Which way." })
  direction!: OrderDirection;
}

@InputType({ description: "Which posts a list has, of those that the viewer may see. All that is given must hold." })
export class PostFilter {
  @Field(() => PostStatus, { nullable: true, description: "In this state; drafts and schedules are one's own." })
  status?: PostStatus | null;

  @Field(() => ID, { nullable: true, description: "By this user." })
  authorId?: string | null;

  @Field(() => DateTime, { nullable: true, description: "Created later than this." })
  createdAfter?: Date | null;

  @Field(() => DateTime, { nullable: true, description: "Created earlier than this." })
  createdBefore?: Date | null;
}

@ArgsType()
export class PageArguments {
  @Field(() => Int, {
    nullable: true,
    description: "How many from the start, 0 to 100; 20 where neither this nor last is given.",
  })
  first?: number | null;

  @Field(() => String, { nullable: true, description: "A cursor: only what follows it." })
  after?: string | null;

  @Field(() => Int, {
    nullable: true,
    description: "How many from the end, 0 to 100; 20 where only before is given. Not together with first.",
  })
  last?: number | null;

  @Field(() => String, { nullable: true, description: "A cursor: only what precedes it." })
  before?: string | null;

  @Field(() => PostOrder, { nullable: true, description: "Latest first where it isn't given." })
  orderBy?: PostOrder | null;
}

@ArgsType()
export class PostsArguments extends PageArguments {
  @Field(() => Int, {
    nullable: true,
    description: "Skip this many, 10,000 at most; never with a cursor or last.",
  })
  offset?: number | null;

  @Field(() => String, {
    nullable: true,
    description:
      "Words that must all occur in title or content, or begin ones that do; accents and case make no difference. 200 characters at most. Without orderBy: the best 1,000, best match first.",
  })
  search?: string | null;

  @Field(() => PostFilter, { nullable: true, description: "Only these." })
  filter?: PostFilter | null;
}

const defaultSize = 20;
const sizeMessage = "must be 0 to 100";
const offsetMessage = "must be 0 to 10,000";
const size = z.int(sizeMessage).min(0, sizeMessage).max(100, sizeMessage).nullish();

const argumentRules = z.object({
  first: size,
  after: z.string().nullish(),
  last: size,
  before: z.string().nullish(),
  offset: z.int(offsetMessage).min(0, offsetMessage).max(10_000, offsetMessage).nullish(),
  search: textOf(0, 200).nullish(),
  filter: z
    .object({
      status: z.enum(PostStatus).nullish(),
      authorId: storableText.nullish(),
      createdAfter: z.date().nullish(),
      createdBefore: z.date().nullish(),
    })
    .nullish(),
  orderBy: z.object({ field: z.enum(PostOrderField), direction: z.enum(OrderDirection) }).nullish(),
});

type Checked = z.output<typeof argumentRules>;

// A blank search is none.
const isSearch = ({ search }: Checked): boolean => search != null && search.trim() !== "";

const orderOf = (args: Checked): ListOrder => args.orderBy ?? (isSearch(args) ? bestMatchFirst : latestFirst);

const positionAt = (args: Checked, name: "after" | "before"): Position | undefined =>
  args[name] == null ? undefined : positionOf(args[name], orderOf(args));

/** What is asked of one argument in the light of others, and told beside whatever else is wrong. */
const about = (name: keyof Checked, message: string) => ({ path: [name], message, when: () => true });
const cursorMessage = "must be a cursor from a list in this order";

/** The arguments of a list of posts as what to read. Null is as good as absent, as everywhere in Relay's connections. */
export const pageRules = argumentRules
  .refine(({ first, last }) => first == null || last == null, about("last", "must not be set together with first"))
  .refine(
    ({ offset, after, before, last }) => offset == null || (after == null && before == null && last == null),
    about("offset", "must not be set together with a cursor or last"),
  )
  .refine(
    ({ search }) => search == null || searchedWords(search).length <= mostWords,
    about("search", `must have ${mostWords} different words at most`),
  )
  .refine((args) => args.after == null || positionAt(args, "after") !== undefined, about("after", cursorMessage))
  .refine((args) => args.before == null || positionAt(args, "before") !== undefined, about("before", cursorMessage))
  .transform((args): { listing: Listing; page: PageRequest } => {
    const { first, last, offset, search, filter } = args;
    const [after, before] = [positionAt(args, "after"), positionAt(args, "before")];
    return {
      listing: {
        order: orderOf(args),
        authorId: filter?.authorId ?? undefined,
        status: filter?.status ?? undefined,
        createdAfter: filter?.createdAfter ?? undefined,
        createdBefore: filter?.createdBefore ?? undefined,
        search: isSearch(args) ? (searchOf(search!) ?? "nothing") : undefined,
      },
      page: {
        size: first ?? last ?? defaultSize,
        fromEnd: first == null && (last != null || (before !== undefined && after === undefined)),
        after,
        before,
        offset: offset ?? 0,
      },
    };
  });
