import type { PostStatus } from "../post-publication.js";
import type { ListOrder } from "./order.js";
import type { Search } from "../search/search.js";

/** The posts of a list, among those that its viewer may see, and their order. */
export type Listing = {
  readonly order: ListOrder;
  readonly authorId?: string | undefined;
  readonly status?: PostStatus | undefined;
  /** Exclusive, like the next. */
  readonly createdAfter?: Date | undefined;
  readonly createdBefore?: Date | undefined;
  /** "nothing" is a search that no post can match. */
  readonly search?: Search | "nothing" | undefined;
};

/** A search lists this many of the best matches, unless an order is given. */
export const rankedMatches = 1000;

/** A search looks at this many of the newest matches, and counts no further. */
export const newestMatches = 20_000;
