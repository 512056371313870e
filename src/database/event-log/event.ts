/**
 * A place in the event log, with the event at it. After a failover or a restored backup another event may take the place,
 * so the number alone does not tell whether the log is still the same.
 */
export type EventMark = {
  /** The number that all processes agree on; 0 before the first event. */
  readonly seq: number;
  /** The event's own id, which differs from `seq` on PostgreSQL. */
  readonly id: number;
  /** In milliseconds since 1970. */
  readonly at: number;
};

/** Something that happened to a post or a session; instants in milliseconds since 1970. */
export type LogEvent = EventMark & {
  readonly change: PostChange | "session ended";
  readonly postId: string | null;
  readonly authorId: string | null;
  /** Since when others could see the post before, and since when after: null for never, which is a draft or no post. */
  readonly publishedBefore: number | null;
  readonly publishedAfter: number | null;
  readonly sessionId: string | null;
};

/** `due`: a scheduled post's time has come. */
export type PostChange = "created" | "changed" | "voted" | "deleted" | "due";
