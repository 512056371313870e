import { Field, ObjectType } from "type-graphql";

import { cursorOf } from "./cursor.js";
import type { Order, PageRequest, Position } from "./page-request.js";

/** A boolean as PostgreSQL or SQLite returns it. */
type Truth = boolean | 0 | 1;

/** The row of a page that its statement returns, besides the items. */
export type KeysetRow = {
  /** Key and id of each item, and of the one after them, as JSON. */
  readonly found: string;
  /** Whether there are more items than the page shows, in the direction that it was read. */
  readonly more: Truth;
  /** Whether there are items before the cursor `after`, or within the offset. */
  readonly precedes: Truth;
  /** Whether there are items after the cursor `before`. */
  readonly follows: Truth;
  /** How many items the whole list has; null if they have not been counted. */
  readonly counted: number | null;
};

/** A page of a list, and whether there are items around it. */
export type Page<One> = {
  readonly items: readonly One[];
  /** The position of each item in the list. */
  readonly positions: () => readonly Position[];
  readonly hasNextPage: boolean;
  readonly hasPreviousPage: boolean;
  /** How many items the whole list has; null if they have not been counted with the page. */
  readonly counted: number | null;
};

/** Returns a page from its row. `items` may include the one after the page, which is read with it. */
export function pageOf<One>(row: KeysetRow, { fromEnd, size }: PageRequest, items: readonly One[]): Page<One> {
  const inOrder = <Item>(all: Item[]): Item[] => (fromEnd ? all.toReversed() : all);
  const more = Boolean(row.more);
  return {
    items: inOrder(items.slice(0, size)),
    positions() {
      const found = JSON.parse(row.found) as [key: number | string, id: string][];
      return inOrder(found.slice(0, size)).map(([key, id]) => ({ key, id }));
    },
    hasNextPage: Boolean(row.follows) || (more && !fromEnd),
    hasPreviousPage: Boolean(row.precedes) || (more && fromEnd),
    counted: row.counted,
  };
}

/** Returns the cursors of a page's items. */
export function cursorsOf({ items, positions }: Page<unknown>, order: Order): string[] {
  return items.length === 0 ? [] : positions().map((position) => cursorOf(order, position));
}

@ObjectType({ simpleResolvers: true, description: "The position of a page in its list." })
export class PageInfo {
  @Field(() => Boolean, { description: "Whether there are more after this page." })
  readonly hasNextPage: boolean;

  @Field(() => Boolean, { description: "Whether there are more before this page." })
  readonly hasPreviousPage: boolean;

  constructor(
    page: Page<unknown>,
    private readonly order: Order,
  ) {
    this.hasNextPage = page.hasNextPage;
    this.hasPreviousPage = page.hasPreviousPage;
    this.positions = page.positions;
  }

  private readonly positions: Page<unknown>["positions"];

  @Field(() => String, {
    nullable: true,
    description: "The first edge's cursor, to pass as before for the previous page; null on an empty page.",
  })
  get startCursor(): string | null {
    return this.cursorAt(0);
  }

  @Field(() => String, {
    nullable: true,
    description: "The last edge's cursor, to pass as after for the next page; null on an empty page.",
  })
  get endCursor(): string | null {
    return this.cursorAt(-1);
  }

  private cursorAt(index: 0 | -1): string | null {
    const position = this.positions().at(index);
    return position === undefined ? null : cursorOf(this.order, position);
  }
}
