import { UserType } from "../../user/user.type.js";
import { PostType } from "../post.type.js";
import type { Position } from "./order.js";
import type { PageRequest } from "./post-list.js";
import type { PageRow } from "./page.statements.js";
import type { PostRow } from "./post.statements.js";
import type { PostColumn } from "./selection.js";

/** A page of posts, as objects or as JSON, and what lies around it. */
export type PostPage<One = PostType> = {
  readonly posts: readonly One[];
  /** Where each of them stands in the list. */
  readonly positions: () => readonly Position[];
  readonly hasNextPage: boolean;
  readonly hasPreviousPage: boolean;
};

/** What a column holds; dates in milliseconds since 1970. One that nobody asked for holds nothing. */
type ColumnValues = Record<"title" | "content" | "authorName", string> &
  Record<"createdAt" | "updatedAt" | "voteCount" | "version" | "authorCreatedAt" | "viewerHasVoted", number> & {
    readonly publishedAt: number | null;
  };

/** Makes posts of the JSON of their rows; those of one answer share their authors. */
export function postsReader(columns: ReadonlySet<PostColumn>, noteVote: (postId: string, voted: boolean) => void) {
  const authors = new Map<string, UserType>();
  const names = [...columns];
  const postOf = ([id, authorId, ...values]: PostRow): PostType => {
    const row = Object.fromEntries(names.map((name, index) => [name, values[index]])) as ColumnValues;
    let author = authors.get(authorId);
    if (author === undefined)
      authors.set(
        authorId,
        (author = new UserType({ id: authorId, name: row.authorName, createdAt: new Date(row.authorCreatedAt) })),
      );
    if (columns.has("viewerHasVoted")) noteVote(id, row.viewerHasVoted === 1);
    return new PostType({
      id,
      author,
      title: row.title,
      content: row.content,
      publishedAt: row.publishedAt === null ? null : new Date(row.publishedAt),
      createdAt: new Date(row.createdAt),
      updatedAt: new Date(row.updatedAt),
      voteCount: row.voteCount,
      version: row.version,
    });
  };
  return (rows: string): PostType[] => (JSON.parse(rows) as PostRow[]).map(postOf);
}

/** Makes a page of its row. */
export function pageOf<Posts, One>(
  row: PageRow<Posts>,
  { fromEnd, size }: PageRequest,
  postsOf: (posts: Posts) => One[],
): PostPage<One> {
  const inOrder = <Item>(items: Item[]): Item[] => (fromEnd ? items.toReversed() : items);
  const more = Boolean(row.more);
  return {
    posts: inOrder(postsOf(row.posts!).slice(0, size)),
    positions() {
      const found = JSON.parse(row.found) as [key: number | string, id: string][];
      return inOrder(found.slice(0, size)).map(([key, id]) => ({ key, id }));
    },
    hasNextPage: Boolean(row.follows) || (more && !fromEnd),
    hasPreviousPage: Boolean(row.precedes) || (more && fromEnd),
  };
}
