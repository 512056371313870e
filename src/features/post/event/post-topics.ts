/** The topics of events about posts. `post.due`: the time of a scheduled post has come. */
export const postTopics = ["post.created", "post.changed", "post.voted", "post.deleted", "post.due"] as const;

declare module "../../../database/event-log/event.js" {
  interface OwnTopics extends Record<(typeof postTopics)[number], Readonly<Record<string, never>>> {}
}
