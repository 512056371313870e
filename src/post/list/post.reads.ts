import DataLoader from "dataloader";

import type { Viewer } from "../../auth.js";
import { perOperation } from "../../per-operation.js";
import type { OperationReader } from "../../database/reader.js";
import { UserType } from "../../user/user.type.js";
import { batchOf } from "./batch.js";
import type { Listing, Window } from "./post-list.js";
import type { Place } from "./order.js";
import {
  authorsStatement,
  countsStatement,
  pagesStatement,
  postsStatement,
  votedStatement,
  type CountRow,
  type PageRow,
  type PostRow,
  type Reading,
} from "./post.statements.js";
import { PostType } from "../post.type.js";
import { groundsOf } from "../post.visibility.js";

/** A page of posts and what lies around it. */
export type PostPage = {
  readonly posts: readonly { readonly post: PostType; readonly place: Place }[];
  readonly hasNextPage: boolean;
  readonly hasPreviousPage: boolean;
};

/** What a viewer reads of posts in one operation. All that is asked for at a time is read by one statement of a kind. */
export type PostReads = {
  readonly page: (listing: Listing, window: Window) => Promise<PostPage>;
  readonly count: (listing: Listing) => Promise<number>;
  /** A post by its id, where the viewer may see it. */
  readonly post: (id: string) => Promise<PostType | null>;
  /** Whether a user has posts that the viewer may see. */
  readonly isAuthor: (userId: string) => Promise<boolean>;
  /** Whether the viewer has voted for a post. Known already of those that were read here. */
  readonly voted: (postId: string) => Promise<boolean>;
  /** Tells what a mutation has just made of the viewer's vote. */
  readonly noteVote: (postId: string, voted: boolean) => void;
};

type Operation = { readonly reader: OperationReader; readonly now: Date };

const readsByViewer = perOperation<Operation, Map<string | undefined, PostReads>>(() => new Map());

/** The reads of posts by a viewer (undefined: by anybody) for as long as an operation lasts. */
export function postsFor(operation: Operation, viewer: Viewer | undefined): PostReads {
  const ofOperation = readsByViewer(operation);
  const known = ofOperation.get(viewer?.user.id);
  if (known !== undefined) return known;
  const reads = postReads(operation, viewer);
  ofOperation.set(viewer?.user.id, reads);
  return reads;
}

// Only votes are kept: a mutation may change between two fields whatever else was read.
// SQLite takes 500 lists in one statement.
const batchOnly = { cache: false, maxBatchSize: 400 };

function postReads({ reader, now }: Operation, viewer: Viewer | undefined): PostReads {
  const reading: Reading = { grounds: groundsOf(viewer, now), viewerId: viewer?.user.id };

  const votes = new DataLoader<string, boolean>(async (postIds) => {
    if (viewer === undefined) return postIds.map(() => false);
    const rows = await reader.all<{ id: string }>(votedStatement(viewer.user.id, postIds));
    const voted = new Set(rows.map(({ id }) => id));
    return postIds.map((id) => voted.has(id));
  });
  const noteVote = (postId: string, voted: boolean) => void votes.clear(postId).prime(postId, voted);

  /** Posts from rows of one answer, which share their authors. */
  const postReader = () => {
    const authors = new Map<string, UserType>();
    return (row: PostRow): PostType => {
      const [id, authorId, name, authorCreatedAt, title, content, publishedAt, createdAt, updatedAt, ...rest] = row;
      const [voteCount, version, viewerHasVoted] = rest;
      let author = authors.get(authorId);
      if (author === undefined)
        authors.set(authorId, (author = new UserType({ id: authorId, name, createdAt: new Date(authorCreatedAt) })));
      noteVote(id, viewerHasVoted === 1);
      return new PostType({
        id,
        author,
        title,
        content,
        publishedAt: publishedAt === null ? null : new Date(publishedAt),
        createdAt: new Date(createdAt),
        updatedAt: new Date(updatedAt),
        voteCount,
        version,
      });
    };
  };

  const pages = new DataLoader<{ listing: Listing; window: Window }, PostPage>(async (asked) => {
    const batch = batchOf(asked);
    const rows = await reader.all<PageRow>(pagesStatement(reading, batch.slots));
    const postOf = postReader();
    return batch.answers(rows, (row) => pageOf(row, batch.slots[row.slot]!.window, postOf));
  }, batchOnly);

  const counts = new DataLoader<Listing, number>(async (asked) => {
    const batch = batchOf(asked.map((listing) => ({ listing })));
    const rows = await reader.all<CountRow>(countsStatement(reading, batch.slots));
    return batch.answers(rows, ({ count }) => count);
  }, batchOnly);

  const posts = new DataLoader<string, PostType | null>(async (ids) => {
    const [row] = await reader.all<{ posts: string }>(postsStatement(reading, [...new Set(ids)]));
    const found = (JSON.parse(row!.posts) as PostRow[]).map(postReader());
    const byId = new Map(found.map((post) => [post.id, post]));
    return ids.map((id) => byId.get(id) ?? null);
  }, batchOnly);

  const authors = new DataLoader<string, boolean>(async (userIds) => {
    const rows = await reader.all<{ id: string }>(authorsStatement(reading, userIds));
    const found = new Set(rows.map(({ id }) => id));
    return userIds.map((id) => found.has(id));
  }, batchOnly);

  return {
    page: (listing, window) => pages.load({ listing, window }),
    count: (listing) => counts.load(listing),
    post: (id) => posts.load(id),
    isAuthor: (userId) => authors.load(userId),
    voted: (postId) => votes.load(postId),
    noteVote,
  };
}

function pageOf(row: PageRow, { size, fromEnd }: Window, postOf: (row: PostRow) => PostType): PostPage {
  const found = JSON.parse(row.posts) as [key: number | string, ...PostRow][];
  const more = found.length > size;
  // The one too many is the last that was read, from whichever end the page was.
  const shown = found.slice(0, size);
  if (fromEnd) shown.reverse();
  return {
    posts: shown.map(([key, ...post]) => ({ post: postOf(post), place: { key, id: post[0] } })),
    hasNextPage: row.follows === 1 || (more && !fromEnd),
    hasPreviousPage: row.precedes === 1 || (more && fromEnd),
  };
}
