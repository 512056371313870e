import { Field, ID, InputType } from "type-graphql";
import { z } from "zod";

import { storableText, textOf, trimmedTextOf } from "../input-rules.js";
import { cursorRule } from "./post.cursor.js";

@InputType({ description: "A new post." })
export class CreatePostInput {
  @Field(() => String, { description: "1 to 200 characters once trimmed." })
  title!: string;

  @Field(() => String, { description: "1 to 100,000 characters." })
  content!: string;

  @Field(() => Boolean, { nullable: true, defaultValue: true, description: "False keeps it a draft." })
  published!: boolean | null;
}

@InputType({ description: "Changes to a post. A field that is left out stays as it is; null is refused." })
export class UpdatePostInput {
  @Field(() => ID, { description: "The post to change." })
  id!: string;

  @Field(() => String, { nullable: true, description: "1 to 200 characters once trimmed." })
  title?: string | null;

  @Field(() => String, { nullable: true, description: "1 to 100,000 characters." })
  content?: string | null;

  @Field(() => Boolean, {
    nullable: true,
    description: "True publishes a draft now; false makes a published post a draft again.",
  })
  published?: boolean | null;
}

@InputType({ description: "The post to delete." })
export class DeletePostInput {
  @Field(() => ID, { description: "The post's id." })
  id!: string;
}

const title = trimmedTextOf(1, 200);
const content = textOf(1, 100_000);
const published = z.boolean("must be true or false");

export const createPostRules = z.object({ input: z.object({ title, content, published }) });

// GraphQL can't say "may be left out but not null", so the rules do.
export const updatePostRules = z.object({
  input: z.object({
    id: storableText,
    title: title.optional(),
    content: content.optional(),
    published: published.optional(),
  }),
});

export const deletePostRules = z.object({ input: z.object({ id: storableText }) });

const pageSize = "must be 0 to 100";

// Null is as good as absent here, as everywhere in Relay's connections.
export const pageRules = z.object({
  first: z
    .int()
    .min(0, pageSize)
    .max(100, pageSize)
    .nullish()
    .transform((first) => first ?? 20),
  after: cursorRule.nullish().transform((place) => place ?? undefined),
});
