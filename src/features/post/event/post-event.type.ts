import { Field, ID, ObjectType, registerEnumType } from "type-graphql";

import { DateTime } from "../../../kit/date-time.js";
import type { LogEvent } from "../../../database/event-log/event.js";
import { SameForAll } from "../../../kit/node.type.js";
import { changeSeen, type ChangeSeen } from "../post-visibility.js";

export enum PostEventKind {
  READY = "READY",
  ADDED = "ADDED",
  CHANGED = "CHANGED",
  VOTED = "VOTED",
  REMOVED = "REMOVED",
  RESET = "RESET",
}

registerEnumType(PostEventKind, {
  name: "PostEventKind",
  description: "What has happened to a post, as the viewer sees it.",
  valuesConfig: {
    READY: { description: "Nothing happened yet; the cursor is where to go on from." },
    ADDED: { description: "The viewer may see it from now on." },
    CHANGED: { description: "Title, content or dates changed." },
    VOTED: { description: "Its vote count changed." },
    REMOVED: { description: "The viewer may see it no longer." },
    RESET: { description: "What happened since the cursor is no longer known: read the list again." },
  },
});

/** To whom a change of a post looks alike: its author, who sees it whatever its state, and everybody else. */
export type Audience = "author" | "others";

/** Something that happened to a post. The resolver adds the post. */
@ObjectType("PostEvent", { simpleResolvers: true, description: "Something that happened to a post." })
export class PostEventType {
  @SameForAll()
  @Field(() => PostEventKind, { description: "What has happened." })
  readonly kind: PostEventKind;

  @SameForAll()
  @Field(() => String, { description: "Pass it as after to go on from here." })
  readonly cursor: string;

  @SameForAll()
  @Field(() => DateTime, { description: "When it happened." })
  readonly occurredAt: Date;

  @SameForAll()
  @Field(() => ID, { nullable: true, description: "null with READY and RESET." })
  readonly postId: string | null;

  /** @param change what it comes from; undefined with READY and RESET. */
  constructor(
    kind: PostEventKind,
    cursor: string,
    occurredAt: Date,
    readonly change?: LogEvent,
  ) {
    this.kind = kind;
    this.cursor = cursor;
    this.occurredAt = occurredAt;
    this.postId = change?.postId ?? null;
  }
}

const kindOf: Readonly<Record<ChangeSeen, PostEventKind>> = {
  ADDED: PostEventKind.ADDED,
  CHANGED: PostEventKind.CHANGED,
  VOTED: PostEventKind.VOTED,
  REMOVED: PostEventKind.REMOVED,
};

/** A change of the log as its audience sees it; it must be one that they see. */
export function postEventOf(change: LogEvent, audience: Audience, cursor: string): PostEventType {
  return new PostEventType(kindOf[changeSeen(change, audience)!], cursor, new Date(change.at), change);
}
