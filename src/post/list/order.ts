/** What lists of posts can be ordered by. */
export enum PostOrderField {
  PUBLISHED_AT = "PUBLISHED_AT",
  CREATED_AT = "CREATED_AT",
  UPDATED_AT = "UPDATED_AT",
  TITLE = "TITLE",
  VOTE_COUNT = "VOTE_COUNT",
}

export enum OrderDirection {
  ASC = "ASC",
  DESC = "DESC",
}

/** An order of posts. `MATCH`, how well they match a search, is the one that clients can't ask for by name. */
export type ListOrder = {
  readonly field: PostOrderField | "MATCH";
  readonly direction: OrderDirection;
};

export const latestFirst: ListOrder = { field: PostOrderField.PUBLISHED_AT, direction: OrderDirection.DESC };
export const bestMatchFirst: ListOrder = { field: "MATCH", direction: OrderDirection.DESC };

/** A position in a list: the sort key (dates in milliseconds since 1970) and, where several posts share it, the id. */
export type Position = { readonly key: number | string; readonly id: string };
