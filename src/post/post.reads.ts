import type { EntityManager, FilterQuery } from "@mikro-orm/core";

import type { Viewer } from "../auth.js";
import { KnownError } from "../errors.js";
import type { PostPlace } from "./post.cursor.js";
import { Post } from "./post.entity.js";
import { visibleTo } from "./post.visibility.js";
import { Vote } from "./vote.entity.js";

/** The post with this id where the viewer may see it at `now`. */
export function findPost(em: EntityManager, viewer: Viewer | undefined, id: string, now: Date): Promise<Post | null> {
  return em.findOne(Post, { $and: [{ id }, visibleTo(viewer, now)] }, { populate: ["author"] });
}

/**
 * The post with this id where the viewer may see it at `now`.
 *
 * @throws KnownError `NOT_FOUND`, which tells nobody whether there is one that they may not see.
 */
export async function requirePost(em: EntityManager, viewer: Viewer, id: string, now: Date): Promise<Post> {
  const post = await findPost(em, viewer, id, now);
  if (post === null) throw new KnownError("NOT_FOUND", "There is no such post");
  return post;
}

/** Which of these posts the user has voted for. */
export async function votedAmong(em: EntityManager, userId: string, postIds: readonly string[]): Promise<Set<string>> {
  const votes = await em.fork().find(Vote, { user: userId, post: { $in: [...postIds] } });
  return new Set(votes.map(({ post }) => post.id));
}

/** A page of posts and what lies around it. */
export type PostPage = {
  readonly posts: readonly Post[];
  readonly hasNextPage: boolean;
  readonly hasPreviousPage: boolean;
};

/** `first` posts after a place (from the start without one), latest first, of those the viewer may see at `now`. */
export async function listPosts(
  em: EntityManager,
  viewer: Viewer | undefined,
  page: { readonly first: number; readonly after: PostPlace | undefined },
  now: Date,
): Promise<PostPage> {
  const visible = visibleTo(viewer, now);
  const { first, after } = page;
  // One more than asked for tells whether there is a next page.
  const found = await em.find(Post, after === undefined ? visible : { $and: [visible, follows(after)] }, {
    populate: ["author"],
    orderBy: [{ listedAt: "desc" }, { id: "desc" }],
    limit: first + 1,
  });
  return {
    posts: found.slice(0, first),
    hasNextPage: found.length > first,
    hasPreviousPage: after !== undefined && (await hasPostUpTo(em, visible, after)),
  };
}

/** How many posts the viewer may see at `now`. */
export function countPosts(em: EntityManager, viewer: Viewer | undefined, now: Date): Promise<number> {
  return em.count(Post, visibleTo(viewer, now));
}

/** Whether anything stands before the page that starts after `place`, which its own post may have left since. */
async function hasPostUpTo(em: EntityManager, visible: FilterQuery<Post>, place: PostPlace): Promise<boolean> {
  const { listedAt, id } = place;
  const upTo: FilterQuery<Post> = { $or: [{ listedAt: { $gt: listedAt } }, { listedAt, id: { $gte: id } }] };
  const nearest = await em
    .fork()
    .find(Post, { $and: [visible, upTo] }, { fields: ["id"], orderBy: [{ listedAt: "asc" }, { id: "asc" }], limit: 1 });
  return nearest.length > 0;
}

/** The posts behind a place, latest first. */
function follows({ listedAt, id }: PostPlace): FilterQuery<Post> {
  return { $or: [{ listedAt: { $lt: listedAt } }, { listedAt, id: { $lt: id } }] };
}
