/** Which way a list runs. */
export enum OrderDirection {
  ASC = "ASC",
  DESC = "DESC",
}

/** What a list is ordered by. Lists whose fields bear the same name share their cursors. */
export type Order<Field extends string = string> = { readonly field: Field; readonly direction: OrderDirection };

/** A position in a list: the sort key (dates in milliseconds since 1970) and, where several rows share it, the id. */
export type Position = { readonly key: number | string; readonly id: string };

/** Which part of a list a page shows. */
export type PageRequest = {
  readonly size: number;
  /** Whether it shows the last ones of its part and not the first. */
  readonly fromEnd: boolean;
  readonly after?: Position | undefined;
  readonly before?: Position | undefined;
  /** How many to pass over; never with a position, nor from the end. */
  readonly offset: number;
};
