import DataLoader from "dataloader";

import type { Viewer } from "../../../kit/auth.js";
import { perOperation, type Context } from "../../../kit/context.js";
import { isId } from "../../../kit/id.js";
import type { PageRequest } from "../../../kit/paging/page-request.js";
import { RawJson } from "../../../kit/raw-json.js";
import { pageOf, type Page } from "../../../kit/paging/page.js";
import { PostType } from "../post.type.js";
import { visibilityScopes } from "../post.visibility.js";
import { countsStatement, type CountRow } from "./list-source.js";
import { bytesOfCharacter, measuredReads } from "./measured-reads.js";
import type { Listing } from "./post-list.js";
import { separatePosts, type PostShape } from "./post.json.js";
import { postsReader } from "./post.rows.js";
import { authorsStatement, postsStatement, votedStatement, type PostsRow, type Reading } from "./post.statements.js";
import { together, type PostSelection } from "./selection.js";

/** What a viewer reads of posts in one operation. */
export type PostReads = {
  readonly page: (listing: Listing, request: PageRequest, selection: PostSelection) => Promise<Page<PostType>>;
  /** The same with each post as JSON, as it stands in the answer. */
  readonly pageAsJson: (listing: Listing, request: PageRequest, selection: ShapedSelection) => Promise<Page<Buffer>>;
  /** The same page of an author's list; read by one statement for all authors that are asked for at a time. */
  readonly authorPage: (
    authorId: string,
    listing: Listing,
    request: PageRequest,
    selection: PostSelection,
  ) => Promise<Page<PostType>>;
  readonly count: (listing: Listing) => Promise<number>;
  /** Whether posts can be read as JSON. */
  readonly takesJson: boolean;
  /** A post by its id; null if there is none that the viewer may see. */
  readonly post: (id: string, selection: PostSelection) => Promise<PostType | null>;
  /** The same as JSON, if the response can be written that way and no other post is read with it. */
  readonly postOrJson: (id: string, selection: PostSelection) => Promise<PostType | RawJson | null>;
  /** Whether a user has posts that the viewer may see. */
  readonly isAuthor: (userId: string) => Promise<boolean>;
  /** Whether the viewer has voted for a post. Known already of those that were read here with it. */
  readonly voted: (postId: string) => Promise<boolean>;
  /** Tells what a mutation has just made of the viewer's vote. */
  readonly noteVote: (postId: string, voted: boolean) => void;
};

/** A selection that SQL can say. */
export type ShapedSelection = PostSelection & { readonly shape: PostShape };

type Operation = Pick<Context, "reader" | "now" | "answer">;

const readsByViewer = perOperation<Operation, Map<string | undefined, PostReads>>(() => new Map());

/** The reads of posts by a viewer (undefined: by anybody) for as long as an operation lasts. */
export function postsFor(operation: Operation, viewer: Pick<Viewer, "userId"> | undefined): PostReads {
  const ofOperation = readsByViewer(operation);
  const known = ofOperation.get(viewer?.userId);
  if (known !== undefined) return known;
  const reads = postReads(operation, viewer?.userId);
  ofOperation.set(viewer?.userId, reads);
  return reads;
}

// Only votes are kept: a mutation may change between two fields whatever else was read.
const batchOnly = { cache: false };

function postReads(operation: Operation, viewerId: string | undefined): PostReads {
  const { reader, now, answer } = operation;
  const reading: Reading = { scopes: visibilityScopes(viewerId, now), viewerId, now };

  const votes = new DataLoader<string, boolean>(async (postIds) => {
    if (viewerId === undefined) return postIds.map(() => false);
    const rows = await reader.all<{ id: string }>(votedStatement(viewerId, postIds));
    const voted = new Set(rows.map(({ id }) => id));
    return postIds.map((id) => voted.has(id));
  });
  const noteVote = (postId: string, voted: boolean) => void votes.clear(postId).prime(postId, voted);

  const { rowsOf, pageRows, onePage, onePost } = measuredReads(operation, reading);

  const authorPagesOf = async (
    listing: Listing,
    request: PageRequest,
    { columns, contentTimes }: PostSelection,
    authorIds: readonly string[],
  ): Promise<Map<string | null, Page<PostType>>> => {
    const rows = await pageRows<string>(listing, request, { columns, contentTimes }, authorIds);
    const read = postsReader(columns, noteVote);
    return new Map(rows.map((row) => [row.author, pageOf(row, request, read(row.posts!))]));
  };

  const countsOf = (listing: Listing, authorIds?: readonly string[]): Promise<CountRow[]> =>
    reader.all(countsStatement(reading, listing, authorIds), "scan");

  // A loader for each list but for its author.
  const authorPages = new Map<string, DataLoader<string, Page<PostType>>>();
  const authorCounts = new Map<string, DataLoader<string, number>>();
  const loaderIn = <Value>(
    loaders: Map<string, DataLoader<string, Value>>,
    key: unknown,
    load: (authorIds: readonly string[]) => Promise<Map<string | null, Value>>,
  ) => {
    const text = JSON.stringify(key);
    let loader = loaders.get(text);
    if (loader === undefined) {
      loader = new DataLoader(async (authorIds) => {
        const byAuthor = await load([...new Set(authorIds)]);
        return authorIds.map((id) => byAuthor.get(id)!);
      }, batchOnly);
      loaders.set(text, loader);
    }
    return loader;
  };

  const postsOfIds = async <Posts extends string | Buffer>(
    ids: readonly string[],
    selection: PostSelection,
  ): Promise<Posts> => {
    const [row] = await rowsOf<PostsRow<Posts>>(selection, (wanted) => postsStatement(reading, ids, wanted), "indexed");
    return row!.posts!;
  };
  const postLoader = new DataLoader<{ id: string; selection: PostSelection }, PostType | Buffer | null>(
    async (asked) => {
      const [{ id: first, selection: shaped }, ...others] = asked as [(typeof asked)[0], ...typeof asked];
      const { shape } = shaped;
      if (others.length === 0 && shape !== undefined) {
        const post = await onePost(first, { ...shaped, shape });
        return [post === undefined ? separatePosts(await postsOfIds<Buffer>([first], shaped))[0]! : post];
      }
      const ids = [...new Set(asked.map(({ id }) => id))];
      const selection = together(asked);
      const found = postsReader(selection.columns, noteVote)(await postsOfIds<string>(ids, selection));
      const byId = new Map(found.map((post) => [post.id, post]));
      return asked.map(({ id }) => byId.get(id) ?? null);
    },
    batchOnly,
  );

  const authors = new DataLoader<string, boolean>(async (userIds) => {
    const rows = await reader.all<{ id: string }>(authorsStatement(reading, userIds));
    const found = new Set(rows.map(({ id }) => id));
    return userIds.map((id) => found.has(id));
  }, batchOnly);

  return {
    page: (listing, request, { columns, contentTimes }) =>
      onePage(listing, request, { columns, contentTimes }, postsReader(columns, noteVote), (posts, text) => {
        const contents = contentTimes === 0 ? [] : posts.map(({ content }) => JSON.stringify(content));
        answer.add(contents.reduce((sum, content) => sum + Buffer.byteLength(content), 0) * contentTimes);
        answer.addAtMost(text.length * bytesOfCharacter);
      }),
    pageAsJson: (listing, request, selection) =>
      onePage(listing, request, selection, separatePosts, (posts) =>
        answer.add(posts.reduce((sum, { length }) => sum + length, 0)),
      ),
    authorPage: (authorId, listing, request, selection) =>
      loaderIn(authorPages, [listing, request, [...selection.columns], selection.contentTimes], (authorIds) =>
        authorPagesOf(listing, request, selection, authorIds),
      ).load(authorId),
    count: (listing) => {
      const { authorId, ...ofAnyAuthor } = listing;
      if (listing.search !== undefined || authorId === undefined) return countsOf(listing).then(([row]) => row!.count);
      return loaderIn(authorCounts, ofAnyAuthor, async (authorIds) => {
        const rows = await countsOf(ofAnyAuthor, authorIds);
        return new Map(rows.map(({ author, count }) => [author, count]));
      }).load(authorId);
    },
    takesJson: answer.takesJson,
    async post(id, { columns, contentTimes }) {
      if (!isId("post", id)) return null;
      const post = await postLoader.load({ id, selection: { columns, contentTimes } });
      return post instanceof PostType ? post : null;
    },
    async postOrJson(id, selection) {
      if (!answer.takesJson) return this.post(id, selection);
      const post = isId("post", id) ? await postLoader.load({ id, selection }) : null;
      return Buffer.isBuffer(post) ? new RawJson([post]) : post;
    },
    isAuthor: (userId) => authors.load(userId),
    voted: (postId) => votes.load(postId),
    noteVote,
  };
}
