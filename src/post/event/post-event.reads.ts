import DataLoader from "dataloader";

import type { Viewer } from "../../auth.js";
import type { Context } from "../../context.js";
import type { LogEvent } from "../../event-log/event.js";
import { postsFor } from "../list/post.reads.js";
import { votersStatement } from "../list/post.statements.js";
import { postColumns, type PostColumn, type PostSelection } from "../list/selection.js";
import type { PostType } from "../post.type.js";
import { maySee } from "../post.visibility.js";

/** What is read of a post once for all who are told of an event. */
type EventReads = {
  readonly post: Promise<PostType | null>;
  /** Whether a user has voted for it. */
  readonly voted: DataLoader<string, boolean>;
};

const reads = new WeakMap<LogEvent, EventReads>();

// But for what depends on who asks.
const columns: ReadonlySet<PostColumn> = new Set(postColumns.filter((column) => column !== "viewerHasVoted"));
const alikeForAll: PostSelection = { columns, contentTimes: 1 };

/** The post of an event as the viewer may see it at the operation's instant; null where there is none any more. */
export async function postOfEvent(
  context: Context,
  viewer: Viewer | undefined,
  event: LogEvent,
  wanted: PostSelection,
): Promise<PostType | null> {
  const { post: reading, voted } = readsOf(context, event);
  const post = await reading;
  if (post === null) return null;
  if (!maySee(viewer?.userId, { authorId: post.author.id, publishedAt: post.publishedAt }, context.now)) return null;
  if (wanted.contentTimes > 0) context.answer.add(Buffer.byteLength(post.content) * wanted.contentTimes);
  if (viewer !== undefined && wanted.columns.has("viewerHasVoted"))
    postsFor(context, viewer).noteVote(post.id, await voted.load(viewer.userId));
  return post;
}

/** The first who asks reads for all; as the author, who sees it in every state. */
function readsOf(context: Context, event: LogEvent): EventReads {
  const known = reads.get(event);
  if (known !== undefined) return known;
  const postId = event.postId!;
  const made: EventReads = {
    post: postsFor({ ...context, answer: unmeasured }, { userId: event.authorId! }).post(postId, alikeForAll),
    voted: new DataLoader(async (userIds) => {
      const rows = await context.reader.all<{ id: string }>(votersStatement(postId, userIds));
      const voters = new Set(rows.map(({ id }) => id));
      return userIds.map((id) => voters.has(id));
    }),
  };
  reads.set(event, made);
  return made;
}

/** What is read for several answers counts in each of them, and not where it is read. */
const unmeasured: Context["answer"] = { remaining: () => Infinity, add: () => {}, addAtMost: () => {} };
