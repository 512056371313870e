import { ArgsType, Field, ID } from "type-graphql";
import { z } from "zod";

import { storableText } from "../../../kit/validation.js";

/** The posts that a subscription is about, and the event that it continues after. */
@ArgsType()
export class PostEventsArguments {
  @Field(() => String, {
    nullable: true,
    description: "The cursor of the last event seen: the events since then come first, or one RESET.",
  })
  after?: string | null;

  @Field(() => ID, { nullable: true, description: "Only posts of this author." })
  authorId?: string | null;

  @Field(() => ID, { nullable: true, description: "Only this post." })
  postId?: string | null;
}

export const postEventsRules = z.object({
  authorId: storableText.nullish(),
  postId: storableText.nullish(),
});
