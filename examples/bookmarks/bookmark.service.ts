import { isInOneOf, KnownError, newId, requirePost, sql, User, userGone, visibilityScopes } from "postern";
import type { Context, Viewer } from "postern";

import { Bookmark } from "./bookmark.entity.js";
import { BookmarkType } from "./bookmark.type.js";

const mostBookmarks = 50;

/**
 * Keeps a post for the viewer. Has no effect if the viewer keeps it already.
 *
 * @throws KnownError `NOT_FOUND` if the viewer can't see the post, `SHELF_FULL` after 50 bookmarks.
 */
export function addBookmark({ transaction, now }: Context, viewer: Viewer, postId: string): Promise<BookmarkType> {
  return transaction(async (em) => {
    const post = await requirePost(em, viewer, postId, now);
    const user = await em.findOne(User, { id: viewer.userId });
    if (user === null) throw userGone(now);
    let bookmark = await em.findOne(Bookmark, { user: user.id, post: post.id });
    if (bookmark === null) {
      if ((await em.count(Bookmark, { user: user.id })) >= mostBookmarks)
        throw new KnownError("SHELF_FULL", `A user may keep ${mostBookmarks} posts`, { mostBookmarks });
      bookmark = em.create(Bookmark, { id: newId("bookmark", now), user, post, createdAt: now });
      em.persist(bookmark);
    }
    return new BookmarkType({ id: bookmark.id, postId, createdAt: bookmark.createdAt });
  });
}

/** Returns the viewer's bookmarks of posts that the viewer can see, the latest first; with an id, only that one. */
export async function bookmarksOf({ reader, now }: Context, { userId }: Viewer, id?: string): Promise<BookmarkType[]> {
  const rows = await reader.all<{ id: string; post_id: string; created_at: number | string }>(
    sql`select b.id, b.post_id, b.created_at from bookmarks b join posts p on p.id = b.post_id
      where b.user_id = ${userId} and ${isInOneOf(visibilityScopes(userId, now))}
        ${id === undefined ? sql`` : sql`and b.id = ${id}`}
      order by b.created_at desc, b.id desc`,
  );
  return rows.map(
    (row) => new BookmarkType({ id: row.id, postId: row.post_id, createdAt: new Date(Number(row.created_at)) }),
  );
}
