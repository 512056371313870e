import type { EntityManager } from "@mikro-orm/core";

import { userGone, type Viewer } from "../auth.js";
import { inTransaction } from "../database.js";
import { KnownError } from "../errors.js";
import { newId } from "../id.js";
import { User } from "../user/user.entity.js";
import { Post } from "./post.entity.js";
import { isPublished, visibleTo } from "./post.visibility.js";

/** Stores a post of the viewer's: published now, or a draft. */
export async function createPost(
  em: EntityManager,
  viewer: Viewer,
  input: { readonly title: string; readonly content: string; readonly published: boolean },
  now: Date,
): Promise<Post> {
  return inTransaction(em, async (em) => {
    const { published, ...text } = input;
    const author = await em.findOne(User, { id: viewer.user.id });
    if (author === null) throw userGone(now);
    const post = em.create(Post, {
      id: newId("post", now),
      author,
      ...text,
      publishedAt: published ? now : null,
      listedAt: now,
      createdAt: now,
      updatedAt: now,
      version: 1,
    });
    em.persist(post);
    return post;
  });
}

/**
 * Changes what is given of a post of the viewer's. Where nothing differs, neither does its version.
 *
 * @throws KnownError `NOT_FOUND` or `FORBIDDEN`.
 */
export async function updatePost(
  em: EntityManager,
  viewer: Viewer,
  input: {
    readonly id: string;
    readonly title?: string | undefined;
    readonly content?: string | undefined;
    readonly published?: boolean | undefined;
  },
  now: Date,
): Promise<Post> {
  return inTransaction(em, async (em) => {
    const post = await requireOwnPost(em, viewer, input.id, now);
    const title = input.title ?? post.title;
    const content = input.content ?? post.content;
    const publishedAt = publishedAtAfter(post, input.published, now);
    if (title === post.title && content === post.content && publishedAt === post.publishedAt) return post;
    return em.assign(post, {
      title,
      content,
      publishedAt,
      listedAt: publishedAt ?? post.createdAt,
      updatedAt: now,
      version: post.version + 1,
    });
  });
}

/**
 * Deletes a post of the viewer's.
 *
 * @throws KnownError `NOT_FOUND` or `FORBIDDEN`.
 */
export async function deletePost(em: EntityManager, viewer: Viewer, id: string, now: Date): Promise<void> {
  await inTransaction(em, async (em) => {
    em.remove(await requireOwnPost(em, viewer, id, now));
  });
}

/** What `published` makes of a post: a published one keeps its date, a draft published again gets a new one. */
function publishedAtAfter(post: Post, published: boolean | undefined, now: Date): Date | null {
  if (published === undefined || published === isPublished(post, now)) return post.publishedAt;
  return published ? now : null;
}

async function requireOwnPost(em: EntityManager, viewer: Viewer, id: string, now: Date): Promise<Post> {
  const post = await em.findOne(Post, { $and: [{ id }, visibleTo(viewer, now)] }, { populate: ["author"] });
  if (post === null) throw new KnownError("NOT_FOUND", "There is no such post");
  if (post.author.id !== viewer.user.id) throw new KnownError("FORBIDDEN", "Only its author may change a post");
  return post;
}
