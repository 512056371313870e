import { Field, ID, ObjectType, registerEnumType } from "type-graphql";

import { DateTime } from "../../../kit/date-time.js";
import type { LogEvent } from "../../../database/event-log/event.js";
import { SameForAll } from "../../../kit/node.type.js";
import { changeSeen, type ChangeSeen } from "../../../kit/event-visibility.js";

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
  description: "What happened to a post, as the viewer sees it.",
  valuesConfig: {
    READY: { description: "The subscription has started; continue from its cursor." },
    ADDED: { description: "The viewer can see the post from now on." },
    CHANGED: { description: "Title, content or dates changed." },
    VOTED: { description: "Its vote count changed." },
    REMOVED: { description: "The viewer can no longer see the post." },
    RESET: { description: "The events since the cursor are no longer known: read the list again." },
  },
});

/** Something that happened to a post. The resolver adds the post. */
@ObjectType("PostEvent", { simpleResolvers: true, description: "Something that happened to a post." })
export class PostEventType {
  @SameForAll()
  @Field(() => PostEventKind, { description: "What happened." })
  readonly kind: PostEventKind;

  @SameForAll()
  @Field(() => String, { description: "Pass it as after to continue from here." })
  readonly cursor: string;

  @SameForAll()
  @Field(() => DateTime, { description: "When it happened." })
  readonly occurredAt: Date;

  @SameForAll()
  @Field(() => ID, { nullable: true, description: "null with READY and RESET." })
  readonly postId: string | null;

  /** @param change the event of the log; undefined with READY and RESET. */
  constructor(
    kind: PostEventKind,
    cursor: string,
    occurredAt: Date,
    readonly change?: LogEvent,
  ) {
    this.kind = kind;
    this.cursor = cursor;
    this.occurredAt = occurredAt;
    this.postId = change?.subject ?? null;
  }
}

const kindOf: Readonly<Record<ChangeSeen, PostEventKind>> = {
  ADDED: PostEventKind.ADDED,
  CHANGED: PostEventKind.CHANGED,
  REMOVED: PostEventKind.REMOVED,
};

/** Returns an event of the log as its audience sees it. The audience must be able to see it. */
export function postEventOf(change: LogEvent, audience: "owner" | "others", cursor: string): PostEventType {
  const seen = changeSeen(change, audience)!;
  const kind = seen === "CHANGED" && change.topic === "post.voted" ? PostEventKind.VOTED : kindOf[seen];
  return new PostEventType(kind, cursor, change.at, change);
}
