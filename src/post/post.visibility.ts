import type { FilterQuery } from "@mikro-orm/core";

import type { Viewer } from "../auth.js";
import type { Post } from "./post.entity.js";

/**
 * Who sees what, the only place that says so: everybody what is published by `now`, and authors whatever is theirs.
 * Every read of posts starts from this condition, changes of foreign posts too, so that what can't be seen can't be
 * told from what isn't there.
 */
export function visibleTo(viewer: Viewer | undefined, now: Date): FilterQuery<Post> {
  const published: FilterQuery<Post> = { publishedAt: { $lte: now } };
  return viewer === undefined ? published : { $or: [published, { author: viewer.user.id }] };
}
