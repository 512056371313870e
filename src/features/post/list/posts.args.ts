import { ArgsType, Field, ID, InputType, Int, registerEnumType } from "type-graphql";
import { z } from "zod";

import { DateTime } from "../../../kit/date-time.js";
import { storableText, textOf } from "../../../kit/validation.js";
import {
  about,
  cursorRule,
  fromOneEnd,
  PageArguments,
  pageArgumentRules,
  pageRequestOf,
} from "../../../kit/paging/page.args.js";
import { OrderDirection, type PageRequest } from "../../../kit/paging/page-request.js";
import type { Listing } from "./listing.js";
import { bestMatchFirst, latestFirst, positionOfPost, PostOrderField, type ListOrder } from "./order.js";
import { PostStatus } from "../post-publication.js";
import { countWords, mostWords, searchOf } from "../search/search.js";

registerEnumType(PostOrderField, {
  name: "PostOrderField",
  description: "What posts can be ordered by. Posts with the same value are ordered by their ids.",
  valuesConfig: {
    PUBLISHED_AT: { description: "publishedAt, or createdAt for a draft." },
    CREATED_AT: { description: "createdAt." },
    UPDATED_AT: { description: "updatedAt." },
    TITLE: { description: "The title; accents and case make no difference." },
    VOTE_COUNT: { description: "voteCount." },
  },
});
@InputType({ description: "An order of posts." })
export class PostOrder {
  @Field(() => PostOrderField, { description: "What to order by." })
  field!: PostOrderField;

  @Field(() => OrderDirection, { description: "The direction." })
  direction!: OrderDirection;
}

@InputType({ description: "Filters the posts that the viewer may see. A post must meet all given conditions." })
export class PostFilter {
  @Field(() => PostStatus, {
    nullable: true,
    description: "In this state; drafts and scheduled posts are only the viewer's own.",
  })
  status?: PostStatus | null;

  @Field(() => ID, { nullable: true, description: "By this user." })
  authorId?: string | null;

  @Field(() => DateTime, { nullable: true, description: "Created later than this." })
  createdAfter?: Date | null;

  @Field(() => DateTime, { nullable: true, description: "Created earlier than this." })
  createdBefore?: Date | null;
}

@ArgsType()
export class PostPageArguments extends PageArguments {
  @Field(() => PostOrder, { nullable: true, description: "Latest first by default." })
  orderBy?: PostOrder | null;
}

@ArgsType()
export class PostsArguments extends PostPageArguments {
  @Field(() => Int, {
    nullable: true,
    description: "Skip this many, at most 10,000; not together with a cursor or last.",
  })
  offset?: number | null;

  @Field(() => String, {
    nullable: true,
    description:
      "Words, or beginnings of words, that must all occur in title or content; accents and case make no difference. A text without spaces, as in Chinese, is found by any part of it. At most 200 characters and 16 different words. Without orderBy: the best 1,000, best match first. Of more than 20,000 matches, only the newest 20,000 are listed.",
  })
  search?: string | null;

  @Field(() => PostFilter, { nullable: true, description: "Only posts that match this." })
  filter?: PostFilter | null;
}

const offsetMessage = "must be 0 to 10,000";

const argumentRules = z.object({
  ...pageArgumentRules,
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

// A blank search is ignored.
const isSearch = ({ search }: Checked): boolean => search != null && search.trim() !== "";

const orderOf = (args: Checked): ListOrder => args.orderBy ?? (isSearch(args) ? bestMatchFirst : latestFirst);

const positionIn = (cursor: string, args: Checked) => positionOfPost(cursor, orderOf(args));

/** Checks the arguments of a list of posts, and returns the list and the page to read. */
export const pageRules = argumentRules
  .refine(...fromOneEnd)
  .refine(
    ({ offset, after, before, last }) => offset == null || (after == null && before == null && last == null),
    about("offset", "must not be set together with a cursor or last"),
  )
  .refine(
    ({ search }) => search == null || countWords(search) <= mostWords,
    about("search", `must have at most ${mostWords} different words`),
  )
  .refine(...cursorRule("after", positionIn))
  .refine(...cursorRule("before", positionIn))
  .transform((args): { listing: Listing; page: PageRequest } => {
    const { offset, search, filter } = args;
    return {
      listing: {
        order: orderOf(args),
        authorId: filter?.authorId ?? undefined,
        status: filter?.status ?? undefined,
        createdAfter: filter?.createdAfter ?? undefined,
        createdBefore: filter?.createdBefore ?? undefined,
        search: isSearch(args) ? (searchOf(search!) ?? "nothing") : undefined,
      },
      page: pageRequestOf(args, positionIn, offset ?? 0),
    };
  });
