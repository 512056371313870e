import { Field, ObjectType } from "type-graphql";

import { cursorOf } from "./cursor.js";
import type { Order, PageRequest, Position } from "./page-request.js";

/** Whether something holds, as one or another database answers it. */
type Truth = boolean | 0 | 1;

/** What the statement of a page answers of it, beside its rows. */
export type KeysetRow = {
  /** Key and id of each row, and of the one after them, as JSON. */
  readonly found: string;
  /** Whether there are more than the page shows, on the side that it was read towards. */
  readonly more: Truth;
  /** Whether anything lies before the cursor `after` or within the offset, and after the cursor `before`. */
  readonly precedes: Truth;
  readonly follows: Truth;
  /** How many rows the whole list has; null if they have not been counted. */
  readonly counted: number | null;
};

/** A page of a list, and what lies around it. */
export type Page<One> = {
  readonly items: readonly One[];
  /** Where each of them stands in the list. */
  readonly positions: () => readonly Position[];
  readonly hasNextPage: boolean;
  readonly hasPreviousPage: boolean;
  /** How many the whole list has; null if they have not been counted with the page. */
  readonly counted: number | null;
};

/** Makes a page of its row. `items` may have the one after the page, which is read with it. */
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

/** The cursors of a page's items. */
export function cursorsOf({ items, positions }: Page<unknown>, order: Order): string[] {
  return items.length === 0 ? [] : positions().map((position) => cursorOf(order, position));
}

@ObjectType({ simpleResolvers: true, description: "Where a page stands in its list." })
export class PageInfo {
  @Field(() => Boolean, { description: "Whether more follow after this page." })
  readonly hasNextPage: boolean;

  @Field(() => Boolean, { description: "Whether any stand before this page." })
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
    description: "The first edge's cursor, to pass as before for the page before; null on an empty page.",
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
