import { z } from "zod";

import { isId } from "../id.js";
import type { Post } from "./post.entity.js";

/** A place in the list of posts by date: the sort key and, where several share it, the id. */
export type PostPlace = { readonly listedAt: Date; readonly id: string };

// The order is part of the cursor, so that it can't be used with another one once there are more.
const order = "PUBLISHED_AT";
// What a Date can hold: ECMA-262, 21.4.1.1.
const instant = z.int().min(-8.64e15).max(8.64e15);
const contentRules = z.tuple([z.literal(1), z.literal(order), instant, z.string().refine((id) => isId("post", id))]);

/** Opaque to clients, and unsigned: it holds nothing that its post doesn't show, and grants nothing. */
export function cursorOf(post: Post): string {
  return Buffer.from(JSON.stringify([1, order, post.listedAt.getTime(), post.id])).toString("base64url");
}

/** A cursor as the place that it holds; any text that is none of our cursors breaks the rule. */
export const cursorRule = z.string().transform((cursor, issues): PostPlace => {
  try {
    const [, , listedAt, id] = contentRules.parse(JSON.parse(Buffer.from(cursor, "base64url").toString("utf8")));
    return { listedAt: new Date(listedAt), id };
  } catch {
    issues.addIssue("must be a cursor from a list in this order");
    return z.NEVER;
  }
});
