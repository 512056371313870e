import type { z } from "zod";

import type { LiveSource } from "../../../kit/context.js";
import { sql } from "../../../database/sql.js";
import type { LogEvent } from "../../../database/event-log/event.js";
import { voteForIt } from "../post.type.js";
import { changeSeen, isEventFor } from "../post-visibility.js";
import type { postEventsRules } from "./post-event.args.js";
import { hasVotedFor } from "./post-event.reads.js";
import { PostEventKind, PostEventType, postEventOf, type Audience } from "./post-event.type.js";

type Filter = Pick<z.output<typeof postEventsRules>, "authorId" | "postId">;

/** Returns the events of the posts that match the filter and that a viewer, undefined if anonymous, may see. */
export function postEventsSource(viewerId: string | undefined, { authorId, postId }: Filter): LiveSource {
  const audience = (event: LogEvent): Audience => (event.authorId === viewerId ? "author" : "others");
  const passes = (event: LogEvent): boolean =>
    (authorId == null || event.authorId === authorId) && (postId == null || event.postId === postId);
  return {
    audienceOf(event) {
      if (!passes(event)) return undefined;
      const seenBy = audience(event);
      return changeSeen(event, seenBy) === undefined ? undefined : seenBy;
    },
    async traitOf(trait, event, reader) {
      if (trait !== voteForIt) throw new Error(`There is no trait ${trait}`);
      return String(viewerId !== undefined && (await hasVotedFor(event, viewerId, reader)));
    },
    valueOf: (event, cursor) => postEventOf(event, audience(event), cursor),
    afterLoss: (cursor, now) => new PostEventType(PostEventKind.RESET, cursor, now),
    // Rarely needed, and larger than the rest.
    get condition() {
      return sql`${isEventFor(viewerId)}
        ${authorId == null ? sql`` : sql`and author_id = ${authorId}`}
        ${postId == null ? sql`` : sql`and post_id = ${postId}`}`;
    },
  };
}
