import { z } from "zod";

import { isId, type IdKind } from "../id.js";
import { OrderDirection, type Order, type Position } from "./page-request.js";

const textKey = z.string().refine((key) => !key.includes("\0") && key.isWellFormed());
const contentRules = z.tuple([
  z.literal(1),
  z.string(),
  z.enum(OrderDirection),
  z.union([z.int(), textKey]),
  z.string(),
]);

/** Returns the cursor of a position. It is opaque and unsigned: it holds only values of its row, and grants nothing. */
export function cursorOf({ field, direction }: Order, { key, id }: Position): string {
  return Buffer.from(JSON.stringify([1, field, direction, key, id])).toString("base64url");
}

/**
 * Returns the position in a cursor of a list in this order; undefined for any other text.
 *
 * @param types the type of the list's keys, and the kind of its ids.
 */
export function positionOf(
  cursor: string,
  order: Order,
  types: { readonly key: "number" | "string"; readonly id: IdKind },
): Position | undefined {
  try {
    const bytes = Buffer.from(cursor, "base64url");
    // Decoding ignores foreign characters, but a cursor has only one spelling.
    if (bytes.toString("base64url") !== cursor) return undefined;
    const [, field, direction, key, id] = contentRules.parse(JSON.parse(bytes.toString("utf8")));
    if (field !== order.field || direction !== order.direction) return undefined;
    return typeof key === types.key && isId(types.id, id) ? { key, id } : undefined;
  } catch {
    return undefined;
  }
}
