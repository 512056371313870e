/** What has happened to a post or a session, as the event log has it; instants in milliseconds since 1970. */
export type LogEvent = {
  /** Its place in the log, which all processes agree on. */
  readonly seq: number;
  readonly change: PostChange | "session ended";
  readonly at: number;
  readonly postId: string | null;
  readonly authorId: string | null;
  /** Since when others could see the post before, and since when after: null for never, which is a draft or no post. */
  readonly publishedBefore: number | null;
  readonly publishedAfter: number | null;
  readonly sessionId: string | null;
};

/** `due`: a scheduled post's time has come. */
export type PostChange = "created" | "changed" | "voted" | "deleted" | "due";
