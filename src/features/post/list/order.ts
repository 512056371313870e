import { positionOf } from "../../../kit/paging/cursor.js";
import { OrderDirection, type Order, type Position } from "../../../kit/paging/page-request.js";

/** The fields that clients can order posts by. */
export enum PostOrderField {
  PUBLISHED_AT = "PUBLISHED_AT",
  CREATED_AT = "CREATED_AT",
  UPDATED_AT = "UPDATED_AT",
  TITLE = "TITLE",
  VOTE_COUNT = "VOTE_COUNT",
}

/** An order of posts. Clients can't name `MATCH`, which sorts by how well a post matches a search. */
export type ListOrder = Order<PostOrderField | "MATCH">;

export const latestFirst: ListOrder = { field: PostOrderField.PUBLISHED_AT, direction: OrderDirection.DESC };
export const bestMatchFirst: ListOrder = { field: "MATCH", direction: OrderDirection.DESC };

/** The column with the sort key of each order. No column holds how well a post matches. */
export const keyColumns: Record<PostOrderField | "MATCH", string | undefined> = {
  MATCH: undefined,
  PUBLISHED_AT: "listed_at",
  CREATED_AT: "created_at",
  UPDATED_AT: "updated_at",
  TITLE: "title_key",
  VOTE_COUNT: "vote_count",
};

/** Returns the position in a cursor of a list in this order; undefined for any other text. */
export function positionOfPost(cursor: string, order: ListOrder): Position | undefined {
  return positionOf(cursor, order, { key: order.field === PostOrderField.TITLE ? "string" : "number", id: "post" });
}
