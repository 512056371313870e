import DataLoader from "dataloader";

import type { Viewer } from "../../../kit/auth.js";
import type { Context } from "../../../kit/context.js";
import type { OperationReader } from "../../../database/operation-reader.js";
import type { LogEvent } from "../../../database/event-log/event.js";
import { postsFor } from "../list/post.reads.js";
import { votersStatement } from "../list/post.statements.js";
import { postColumns, type PostColumn, type PostSelection } from "../list/selection.js";
import type { PostType } from "../post.type.js";
import { maySee } from "../post-visibility.js";

// Reads that all subscribers of an event share: its post, and the votes for it.
const posts = new WeakMap<LogEvent, Promise<PostType | null>>();
const votes = new WeakMap<LogEvent, DataLoader<string, boolean>>();

// All columns but the one that depends on the viewer.
const columns: ReadonlySet<PostColumn> = new Set(postColumns.filter((column) => column !== "viewerHasVoted"));
const sameForAll: PostSelection = { columns, contentTimes: 1 };

/** Reads the post of an event as the viewer sees it now; null if they no longer see it. */
export async function postOfEvent(
  context: Context,
  viewer: Viewer | undefined,
  event: LogEvent,
  wanted: PostSelection,
): Promise<PostType | null> {
  const post = await readOnce(context, event);
  if (post === null) return null;
  if (!maySee(viewer?.userId, { authorId: post.author.id, publishedAt: post.publishedAt }, context.now)) return null;
  if (wanted.contentTimes > 0) context.answer.add(Buffer.byteLength(post.content) * wanted.contentTimes);
  if (viewer !== undefined && wanted.columns.has("viewerHasVoted"))
    postsFor(context, viewer).noteVote(post.id, await hasVotedFor(event, viewer.userId, context.reader));
  return post;
}

/** Reports whether a user has voted for the post of an event. */
export function hasVotedFor(event: LogEvent, userId: string, reader: OperationReader): Promise<boolean> {
  let voted = votes.get(event);
  if (voted === undefined) {
    voted = new DataLoader(async (userIds) => {
      const rows = await reader.all<{ id: string }>(votersStatement(event.subject, userIds));
      const voters = new Set(rows.map(({ id }) => id));
      return userIds.map((id) => voters.has(id));
    });
    votes.set(event, voted);
  }
  return voted.load(userId);
}

/** Reads the post once for all subscribers: as its author, who sees it in every state. */
function readOnce(context: Context, event: LogEvent): Promise<PostType | null> {
  let post = posts.get(event);
  if (post === undefined) {
    const asAuthor = postsFor({ ...context, answer: unmeasured }, { userId: event.owner! });
    post = asAuthor.post(event.subject, sameForAll);
    posts.set(event, post);
  }
  return post;
}

/** Shared reads are counted in each response that has them, not when they are read. */
const unmeasured: Context["answer"] = {
  takesJson: false,
  remaining: () => Infinity,
  add: () => {},
  addAtMost: () => {},
};
