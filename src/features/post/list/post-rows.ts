import { UserType } from "../../user/user.type.js";
import { PostType } from "../post.type.js";
import type { PostRow } from "./post.statements.js";
import type { PostColumn } from "./selection.js";

/** The value of each column, dates in milliseconds since 1970. A column that is not selected is missing. */
type ColumnValues = Record<"title" | "content" | "authorName", string> &
  Record<"createdAt" | "updatedAt" | "voteCount" | "version" | "authorCreatedAt" | "viewerHasVoted", number> & {
    readonly publishedAt: number | null;
  };

/** Returns a parser of rows of posts, whose posts share their authors. */
export function postsFromRows(columns: ReadonlySet<PostColumn>, onVote: (postId: string, voted: boolean) => void) {
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
    if (columns.has("viewerHasVoted")) onVote(id, row.viewerHasVoted === 1);
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
