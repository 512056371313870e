import { UserType } from "../../user/user.type.js";
import { PostType } from "../post.type.js";
import type { Position } from "./order.js";
import type { PageRequest } from "./post-list.js";
import type { PageRow, PostRow } from "./post.statements.js";
import type { PostColumn } from "./selection.js";

/** A page of posts and what lies around it. */
export type PostPage = {
  readonly posts: readonly { readonly post: PostType; readonly position: Position }[];
  readonly hasNextPage: boolean;
  readonly hasPreviousPage: boolean;
};

/** What a column holds; dates in milliseconds since 1970. One that nobody asked for holds nothing. */
type ColumnValues = Record<"title" | "content" | "authorName", string> &
  Record<"createdAt" | "updatedAt" | "voteCount" | "version" | "authorCreatedAt" | "viewerHasVoted", number> & {
    readonly publishedAt: number | null;
  };

/** Makes posts of rows of one answer, which share their authors. */
export function postReader(columns: ReadonlySet<PostColumn>, noteVote: (postId: string, voted: boolean) => void) {
  const authors = new Map<string, UserType>();
  const names = [...columns];
  return ([, id, authorId, ...values]: PostRow): PostType => {
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
}

/** Makes a page of its row. */
export function pageOf(row: PageRow, { fromEnd }: PageRequest, postOf: (row: PostRow) => PostType): PostPage {
  const shown = JSON.parse(row.posts!) as PostRow[];
  if (fromEnd) shown.reverse();
  const more = row.more === 1;
  return {
    posts: shown.map((post) => ({ post: postOf(post), position: { key: post[0]!, id: post[1] } })),
    hasNextPage: row.follows === 1 || (more && !fromEnd),
    hasPreviousPage: row.precedes === 1 || (more && fromEnd),
  };
}
