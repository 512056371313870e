import { positionOf } from "../../../kit/paging/cursor.js";
import { OrderDirection, type Order, type Position } from "../../../kit/paging/page-request.js";

/** What lists of posts can be ordered by. */
export enum PostOrderField {
  PUBLISHED_AT = "PUBLISHED_AT",
  CREATED_AT = "CREATED_AT",
  UPDATED_AT = "UPDATED_AT",
  TITLE = "TITLE",
  VOTE_COUNT = "VOTE_COUNT",
}

/** An order of posts. `MATCH`, how well they match a search, is the one that clients can't ask for by name. */
export type ListOrder = Order<PostOrderField | "MATCH">;

export const latestFirst: ListOrder = { field: PostOrderField.PUBLISHED_AT, direction: OrderDirection.DESC };
export const bestMatchFirst: ListOrder = { field: "MATCH", direction: OrderDirection.DESC };

/** The position that a cursor of a list of posts in this order holds; undefined for any other text. */
export function positionOfPost(cursor: string, order: ListOrder): Position | undefined {
  return positionOf(cursor, order, { key: order.field === PostOrderField.TITLE ? "string" : "number", id: "post" });
}
