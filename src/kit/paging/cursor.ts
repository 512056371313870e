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

/** Opaque to clients, and unsigned: it holds nothing that its row doesn't show, and grants nothing. */
export function cursorOf({ field, direction }: Order, { key, id }: Position): string {
  return Buffer.from(JSON.stringify([1, field, direction, key, id])).toString("base64url");
}

/**
 * The position that a cursor of a list in this order holds; undefined for any other text.
 *
 * @param holds what the list's keys are, and the kind of its ids.
 */
export function positionOf(
  cursor: string,
  order: Order,
  holds: { readonly key: "number" | "string"; readonly id: IdKind },
): Position | undefined {
  try {
    const bytes = Buffer.from(cursor, "base64url");
    // Decoding passes over what doesn't belong; a cursor has one spelling.
    if (bytes.toString("base64url") !== cursor) return undefined;
    const [, field, direction, key, id] = contentRules.parse(JSON.parse(bytes.toString("utf8")));
    if (field !== order.field || direction !== order.direction) return undefined;
    return typeof key === holds.key && isId(holds.id, id) ? { key, id } : undefined;
  } catch {
    return undefined;
  }
}
