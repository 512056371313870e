import type { PostShape } from "./post-json.js";

/** The selected columns of each post of a list, and how often the content is in the response. */
export type PostSelection = {
  readonly columns: ReadonlySet<PostColumn>;
  readonly contentTimes: number;
  /** The shape of a post in the response, if the database can write it. */
  readonly shape?: PostShape | undefined;
};

/** The selection of a connection. */
export type ListSelection = PostSelection & {
  /** Whether the posts are selected once, as nodes or in edges. */
  readonly isOnlyList?: boolean;
  /** The fields of an edge, if they are selected in edges. */
  readonly edge?: readonly { readonly key: string; readonly field: EdgeField }[];
};
export type EdgeField = "__typename" | "cursor" | "node";

/** The columns of a post that may be selected. Its id and its author's id are always read. */
export const postColumns = [
  "title",
  "content",
  "publishedAt",
  "createdAt",
  "updatedAt",
  "voteCount",
  "version",
  "viewerHasVoted",
  "authorName",
  "authorCreatedAt",
] as const;
export type PostColumn = (typeof postColumns)[number];

/**
 * Returns one selection for several posts: all their columns, and the content as often as it is selected of any one post. It
 * has no shape, since each post may have another.
 */
export function together(asked: readonly { readonly id: string; readonly selection: PostSelection }[]): PostSelection {
  const times = new Map<string, number>();
  for (const { id, selection } of asked) times.set(id, (times.get(id) ?? 0) + selection.contentTimes);
  const columns = new Set(asked.flatMap(({ selection }) => [...selection.columns]));
  return { columns, contentTimes: Math.max(...times.values()) };
}
