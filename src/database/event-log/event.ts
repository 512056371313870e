/**
 * A place in the event log, with the event at it. After a failover or a restored backup another event may be at that
 * place, so the number alone doesn't show whether the log is still the same.
 */
export type EventMark = {
  /** The event's number, the same for all processes; 0 before the first event. */
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
  /** When the post was published, before and after the change; null for a draft or a post that doesn't exist. */
  readonly publishedBefore: number | null;
  readonly publishedAfter: number | null;
  readonly sessionId: string | null;
};

/** `due`: the time of a scheduled post has come. */
export type PostChange = "created" | "changed" | "voted" | "deleted" | "due";

/** Receives the events of the log. */
export type Follower = {
  readonly events: (events: readonly LogEvent[]) => void;
  /**
   * The database has gone back to before the last delivered event, because a failover lost commits or a backup was
   * restored. Other data may differ as well. Events continue from `position`.
   */
  readonly lost: (position: EventMark) => void;
};
