import DataLoader from "dataloader";

import type { Viewer } from "../../../kit/auth.js";
import { perOperation, type Context } from "../../../kit/context.js";
import { isId } from "../../../kit/id.js";
import type { PageRequest } from "../../../kit/paging/page-request.js";
import { pageOf, type Page } from "../../../kit/paging/page.js";
import { RawJson } from "../../../kit/raw-json.js";
import { PostType } from "../post.type.js";
import { visibilityScopes } from "../post-visibility.js";
import { BoundedReads } from "./bounded.reads.js";
import { countsStatement, type CountRow } from "./page.statements.js";
import { separatePosts, type PostShape } from "./post-json.js";
import type { Listing } from "./listing.js";
import { postsFromRows } from "./post-rows.js";
import { authorsStatement, votedStatement, type Reading } from "./post.statements.js";
import { together, type PostSelection } from "./selection.js";

/** A selection whose JSON the database can write. */
export type ShapedSelection = PostSelection & { readonly shape: PostShape };

type Operation = Pick<Context, "reader" | "now" | "answer">;
type WantedPost = { readonly id: string; readonly selection: PostSelection };

const readsByViewer = perOperation<Operation, Map<string | undefined, PostReads>>(() => new Map());

/** Returns a viewer's reads of posts in an operation. Without a viewer, they are an anonymous reader's. */
export function postsFor(operation: Operation, viewer: Pick<Viewer, "userId"> | undefined): PostReads {
  const ofOperation = readsByViewer(operation);
  const known = ofOperation.get(viewer?.userId);
  if (known !== undefined) return known;
  const reads = new PostReads(operation, viewer?.userId);
  ofOperation.set(viewer?.userId, reads);
  return reads;
}

// Only votes are cached: a mutation may change everything else between two fields.
const batchOnly = { cache: false };

/** A viewer's reads of posts in one operation. Reads of the same kind are batched. */
export class PostReads {
  private readonly operation: Operation;
  private readonly reading: Reading;
  private readonly bounded: BoundedReads;

  private readonly votes = new DataLoader<string, boolean>((postIds) => this.readVotes(postIds));
  private readonly authors = new DataLoader<string, boolean>((userIds) => this.readAuthors(userIds), batchOnly);
  private readonly posts = new DataLoader<WantedPost, PostType | Buffer | null>(
    (wanted) => this.readPosts(wanted),
    batchOnly,
  );
  // By all that distinguishes a list but its author.
  private readonly authorPages = new Map<string, DataLoader<string, Page<PostType>>>();
  private readonly authorCounts = new Map<string, DataLoader<string, number>>();

  constructor(operation: Operation, viewerId: string | undefined) {
    const { now } = operation;
    this.operation = operation;
    this.reading = { scopes: visibilityScopes(viewerId, now), viewerId, now };
    this.bounded = new BoundedReads(operation, this.reading);
  }

  /** Reads a page of a list. */
  page(listing: Listing, request: PageRequest, { columns, contentTimes }: PostSelection): Promise<Page<PostType>> {
    const { answer } = this.operation;
    return this.bounded.page(
      { listing, request },
      { columns, contentTimes },
      {
        parse: this.postsFromRows(columns),
        count: (posts, text: string) => {
          const contents = contentTimes === 0 ? [] : posts.map(({ content }) => JSON.stringify(content));
          answer.add(contents.reduce((sum, content) => sum + Buffer.byteLength(content), 0) * contentTimes);
          this.bounded.countAtMost(text);
        },
      },
    );
  }

  /** Reads a page of a list with each post as the JSON of the response. */
  pageAsJson(listing: Listing, request: PageRequest, selection: ShapedSelection): Promise<Page<Buffer>> {
    const { answer } = this.operation;
    return this.bounded.page({ listing, request }, selection, {
      parse: separatePosts,
      count: (posts) => answer.add(posts.reduce((sum, { length }) => sum + length, 0)),
    });
  }

  /** Reads a page of an author's list. One statement serves all authors whose pages are asked for at a time. */
  authorPage(
    authorId: string,
    listing: Listing,
    request: PageRequest,
    { columns, contentTimes }: PostSelection,
  ): Promise<Page<PostType>> {
    const key = [listing, request, [...columns], contentTimes];
    return loaderOf(this.authorPages, key, async (authorIds) => {
      const rows = await this.bounded.pages<string>({ listing, request }, { columns, contentTimes }, authorIds);
      const parse = this.postsFromRows(columns);
      return new Map(rows.map((row) => [row.author, pageOf(row, request, parse(row.posts!))]));
    }).load(authorId);
  }

  /** Counts the posts of a list. */
  async count(listing: Listing): Promise<number> {
    const { authorId, ...ofAnyAuthor } = listing;
    if (listing.search !== undefined || authorId === undefined) return (await this.counts(listing))[0]!.count;
    return loaderOf(this.authorCounts, ofAnyAuthor, async (authorIds) => {
      const rows = await this.counts(ofAnyAuthor, authorIds);
      return new Map(rows.map(({ author, count }) => [author, count]));
    }).load(authorId);
  }

  /** Whether the response can be written with JSON from the database. */
  get takesJson(): boolean {
    return this.operation.answer.takesJson;
  }

  /** Reads a post by its id; null if there is none that the viewer may see. */
  async post(id: string, { columns, contentTimes }: PostSelection): Promise<PostType | null> {
    if (!isId("post", id)) return null;
    const post = await this.posts.load({ id, selection: { columns, contentTimes } });
    return post instanceof PostType ? post : null;
  }

  /** The same as JSON, if the response can be written that way and no other post is read with it. */
  async postOrJson(id: string, selection: PostSelection): Promise<PostType | RawJson | null> {
    if (!this.takesJson) return this.post(id, selection);
    const post = isId("post", id) ? await this.posts.load({ id, selection }) : null;
    return Buffer.isBuffer(post) ? new RawJson([post]) : post;
  }

  /** Reports whether a user has posts that the viewer may see. */
  isAuthor(userId: string): Promise<boolean> {
    return this.authors.load(userId);
  }

  /** Reports whether the viewer has voted for a post. This costs nothing if the post was read with the vote. */
  voted(postId: string): Promise<boolean> {
    return this.votes.load(postId);
  }

  /** Sets what `voted` reports, after a mutation. */
  noteVote(postId: string, voted: boolean): void {
    this.votes.clear(postId).prime(postId, voted);
  }

  private postsFromRows(columns: PostSelection["columns"]) {
    return postsFromRows(columns, (postId, voted) => this.noteVote(postId, voted));
  }

  private counts(listing: Listing, authorIds?: readonly string[]): Promise<CountRow[]> {
    return this.operation.reader.all(countsStatement({ reading: this.reading, listing, authorIds }), "scan");
  }

  private async readPosts(wanted: readonly WantedPost[]): Promise<(PostType | Buffer | null)[]> {
    const [first, ...others] = wanted;
    const { shape } = first!.selection;
    if (others.length === 0 && shape !== undefined)
      return [await this.readPostAsJson(first!.id, { ...first!.selection, shape })];
    const ids = [...new Set(wanted.map(({ id }) => id))];
    const selection = together(wanted);
    const found = this.postsFromRows(selection.columns)(await this.bounded.posts<string>(ids, selection));
    const byId = new Map(found.map((post) => [post.id, post]));
    return wanted.map(({ id }) => byId.get(id) ?? null);
  }

  private async readPostAsJson(id: string, selection: ShapedSelection): Promise<Buffer | null> {
    const post = await this.bounded.postAsJson(id, selection);
    return post === undefined ? separatePosts(await this.bounded.posts<Buffer>([id], selection))[0]! : post;
  }

  private async readVotes(postIds: readonly string[]): Promise<boolean[]> {
    const { viewerId } = this.reading;
    if (viewerId === undefined) return postIds.map(() => false);
    const rows = await this.operation.reader.all<{ id: string }>(votedStatement(viewerId, postIds));
    const voted = new Set(rows.map(({ id }) => id));
    return postIds.map((id) => voted.has(id));
  }

  private async readAuthors(userIds: readonly string[]): Promise<boolean[]> {
    const rows = await this.operation.reader.all<{ id: string }>(authorsStatement(this.reading, userIds));
    const found = new Set(rows.map(({ id }) => id));
    return userIds.map((id) => found.has(id));
  }
}

/** Returns the loader with this key, which it makes at first. */
function loaderOf<Value>(
  loaders: Map<string, DataLoader<string, Value>>,
  key: unknown,
  load: (authorIds: readonly string[]) => Promise<Map<string | null, Value>>,
): DataLoader<string, Value> {
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
}
