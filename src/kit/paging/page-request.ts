/** The direction of a list. */
export enum OrderDirection {
  ASC = "ASC",
  DESC = "DESC",
}

/** The order of a list. Lists with fields of the same name share their cursors. */
export type Order<Field extends string = string> = { readonly field: Field; readonly direction: OrderDirection };

/** A position in a list: the sort key (dates in milliseconds since 1970) and, since rows may share a key, the id. */
export type Position = { readonly key: number | string; readonly id: string };

/** The part of a list that a page shows. */
export type PageRequest = {
  readonly size: number;
  /** Whether the page has the last rows of its part instead of the first. */
  readonly fromEnd: boolean;
  readonly after?: Position | undefined;
  readonly before?: Position | undefined;
  /** How many rows to skip; never together with a position or `fromEnd`. */
  readonly offset: number;
};

/** The number of rows on a page that has no size. */
export const defaultPageSize = 20;
/** The largest number of rows on a page. */
export const longestPage = 100;
