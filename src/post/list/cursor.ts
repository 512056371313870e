import { z } from "zod";

import { isId } from "../../id.js";
import { PostOrderField, type ListOrder, type Position } from "./order.js";

const textKey = z.string().refine((key) => !key.includes("\0") && key.isWellFormed());
const contentRules = z.tuple([
  z.literal(1),
  z.string(),
  z.string(),
  z.union([z.int(), textKey]),
  z.string().refine((id) => isId("post", id)),
]);

/** Opaque to clients, and unsigned: it holds nothing that its post doesn't show, and grants nothing. */
export function cursorOf({ field, direction }: ListOrder, { key, id }: Position): string {
  return Buffer.from(JSON.stringify([1, field, direction, key, id])).toString("base64url");
}

/** The position that a cursor of a list in this order holds; undefined for any other text. */
export function positionOf(cursor: string, order: ListOrder): Position | undefined {
  try {
    const bytes = Buffer.from(cursor, "base64url");
    // Decoding passes over what doesn't belong; a cursor has one spelling.
    if (bytes.toString("base64url") !== cursor) return undefined;
    const content = contentRules.parse(JSON.parse(bytes.toString("utf8")));
    const [, field, direction, key, id] = content;
    const own: readonly string[] = [order.field, order.direction];
    if (field !== own[0] || direction !== own[1]) return undefined;
    if ((typeof key === "string") !== (order.field === PostOrderField.TITLE)) return undefined;
    return { key, id };
  } catch {
    return undefined;
  }
}
