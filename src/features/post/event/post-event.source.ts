import type { z } from "zod";

import type { LiveSource } from "../../../kit/context.js";
import { sql } from "../../../database/sql.js";
import type { LogEvent, Topic } from "../../../database/event-log/event.js";
import { changeSeen, isEventFor } from "../../../kit/event-visibility.js";
import { voteForIt } from "../post.type.js";
import type { postEventsRules } from "./post-event.args.js";
import { hasVotedFor } from "./post-event.reads.js";
import { postTopics } from "./post-topics.js";
import { PostEventKind, PostEventType, postEventOf } from "./post-event.type.js";

type Filter = Pick<z.output<typeof postEventsRules>, "authorId" | "postId">;

const topics: ReadonlySet<Topic> = new Set(postTopics);

/** Returns the events of the posts that match the filter and that a viewer, undefined if anonymous, may see. */
export function postEventsSource(viewerId: string | undefined, { authorId, postId }: Filter): LiveSource {
  const audience = ({ owner }: LogEvent) => (owner === viewerId ? "owner" : "others");
  const passes = ({ owner, subject }: LogEvent): boolean =>
    (authorId == null || owner === authorId) && (postId == null || subject === postId);
  return {
    topics,
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
        ${authorId == null ? sql`` : sql`and owner = ${authorId}`}
        ${postId == null ? sql`` : sql`and subject = ${postId}`}`;
    },
  };
}
