import { Field, ID, InputType, Int } from "type-graphql";
import { z } from "zod";

import { DateTime } from "../../kit/date-time.js";
import { storableText, textOf, trimmedTextOf } from "../../kit/validation.js";

@InputType({ description: "A new post." })
export class CreatePostInput {
  @Field(() => String, { description: "1 to 200 characters after trimming." })
  title!: string;

  @Field(() => String, { description: "1 to 100,000 characters." })
  content!: string;

  @Field(() => Boolean, { nullable: true, defaultValue: true, description: "False keeps it a draft." })
  published!: boolean | null;

  @Field(() => DateTime, {
    nullable: true,
    description:
      "In the future: schedules the post, so that others see it from then on. Not together with published: false.",
  })
  publishAt?: Date | null;
}

@InputType({
  description: "Changes to a post. A field that is left out stays as it is; null is refused, except for publishAt.",
})
export class UpdatePostInput {
  @Field(() => ID, { description: "The post to change." })
  id!: string;

  @Field(() => String, { nullable: true, description: "1 to 200 characters after trimming." })
  title?: string | null;

  @Field(() => String, { nullable: true, description: "1 to 100,000 characters." })
  content?: string | null;

  @Field(() => Boolean, {
    nullable: true,
    description: "True publishes the post now if it is not published; false makes it a draft again.",
  })
  published?: boolean | null;

  @Field(() => DateTime, {
    nullable: true,
    description:
      "In the future: schedules a draft, or moves a schedule; null makes a scheduled post a draft. Not together with published.",
  })
  publishAt?: Date | null;

  @Field(() => Int, {
    nullable: true,
    description:
      "The version that the changes were made to; they are refused with CONFLICT if the post has another version.",
  })
  expectedVersion?: number | null;
}

@InputType({ description: "The post to delete." })
export class DeletePostInput {
  @Field(() => ID, { description: "The post's id." })
  id!: string;
}

@InputType({ description: "The post to vote for." })
export class VotePostInput {
  @Field(() => ID, { description: "The post's id." })
  postId!: string;
}

const title = trimmedTextOf(1, 200);
const content = textOf(1, 100_000);
const published = z.boolean("must be true or false");

/** The issue of a rule about `publishAt` and other fields. It is reported along with all other issues. */
const publishAtRule = (message: string) => ({ path: ["input", "publishAt"], message, when: () => true });
const inTheFuture = publishAtRule("must be in the future");

export const createPostRules = z
  .object({ input: z.object({ title, content, published, publishAt: z.date().nullish() }), now: z.date() })
  .refine(({ input, now }) => input.publishAt == null || input.publishAt > now, inTheFuture)
  .refine(({ input }) => input.published || input.publishAt == null, publishAtRule("must not be set on a draft"));

// GraphQL can't say "may be left out but not null", so the rules do.
export const updatePostRules = z
  .object({
    input: z.object({
      id: storableText,
      title: title.optional(),
      content: content.optional(),
      published: published.optional(),
      publishAt: z.date().nullable().optional(),
      expectedVersion: z.int("must be a whole number").optional(),
    }),
    now: z.date(),
  })
  .refine(({ input, now }) => input.publishAt == null || input.publishAt > now, inTheFuture)
  .refine(
    ({ input }) => input.published === undefined || input.publishAt === undefined,
    publishAtRule("must not be set together with published"),
  );

export const deletePostRules = z.object({ input: z.object({ id: storableText }) });

export const votePostRules = z.object({ input: z.object({ postId: storableText }) });
