import type { EntityManager } from "@mikro-orm/core";
import type { SqlEntityManager } from "@mikro-orm/knex";

import { LockMode, raw } from "../../database/mikro-orm.js";
import { userGone, type Viewer } from "../../kit/auth.js";
import type { Context } from "../../kit/context.js";
import type { Transaction } from "../../database/transaction.js";
import { KnownError } from "../../foundation/errors.js";
import { newId } from "../../kit/id.js";
import { indexPosts, withWords } from "./search/search-index.js";
import { titleKeyOf } from "./search/title-key.js";
import { lockUser, lockUserRow } from "../user/user.service.js";
import { userOf } from "../user/user.type.js";
import { Post } from "./post.entity.js";
import { countCreation } from "./post-quota.js";
import { publishedAtAfter, type PublicationChange } from "./post-publication.js";
import type { PostContent } from "./post.type.js";
import { visibilityScopes, isInOneOf } from "./post-visibility.js";

/**
 * Creates a post of the viewer: published now, scheduled, or a draft.
 *
 * @throws KnownError `TOO_MANY_ATTEMPTS` if the viewer has used up the quota of the last hour.
 */
export async function createPost(
  transaction: Transaction,
  viewer: Viewer,
  input: {
    readonly title: string;
    readonly content: string;
    readonly published: boolean;
    readonly publishAt?: Date | null | undefined;
  },
  { now, settings }: Pick<Context, "now" | "settings">,
): Promise<PostContent> {
  const { title, content, published, publishAt } = input;
  const publishedAt = publishAt ?? (published ? now : null);
  const post = {
    id: newId("post", now),
    title,
    content,
    publishedAt,
    createdAt: now,
    updatedAt: now,
    voteCount: 0,
    version: 1,
  };
  return transaction(async (em, dialect) => {
    if (!(await lockUserRow(em, dialect, viewer.userId))) throw userGone(now);
    await countCreation(em, dialect, viewer.userId, settings.postsPerHour, now);
    await withWords(em, dialect, post, () => storePost(em, viewer.userId, post));
    return { ...post, author: userOf(viewer) };
  });
}

/** Stores a new post. By SQL, since MikroORM takes as long to write the statement as the database to run it. */
function storePost(em: SqlEntityManager, authorId: string, post: Omit<PostContent, "author">): Promise<unknown> {
  const { id, title, content, publishedAt, createdAt, updatedAt, version } = post;
  const listedAt = publishedAt ?? createdAt;
  const instants = [publishedAt, listedAt, createdAt, updatedAt].map((instant) => instant?.getTime() ?? null);
  return em.execute(
    `insert into posts (id, author_id, title, title_key, content, published_at, listed_at, created_at, updated_at, version)
      values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
    [id, authorId, title, titleKeyOf(title), content, ...instants, version],
    "run",
  );
}

/**
 * Changes the given fields of a post of the viewer. If nothing differs, its version stays the same.
 *
 * @throws KnownError `NOT_FOUND`, `FORBIDDEN`, or `CONFLICT` with `currentVersion` if it isn't the expected version.
 */
export async function updatePost(
  transaction: Transaction,
  viewer: Viewer,
  input: {
    readonly id: string;
    readonly title?: string | undefined;
    readonly content?: string | undefined;
    readonly expectedVersion?: number | undefined;
  } & PublicationChange,
  now: Date,
): Promise<Post> {
  return transaction(async (em, dialect) => {
    const post = await requireOwnPost(em, viewer, input.id, now);
    const { version: currentVersion } = post;
    if (input.expectedVersion !== undefined && input.expectedVersion !== currentVersion)
      throw new KnownError("CONFLICT", "The post has changed since you read it", { currentVersion });
    const title = input.title ?? post.title;
    const content = input.content ?? post.content;
    const publishedAt = publishedAtAfter(post.publishedAt, input, now);
    const sameDate = publishedAt?.getTime() === post.publishedAt?.getTime();
    if (title === post.title && content === post.content && sameDate) return post;
    const version = currentVersion + 1;
    const listedAt = publishedAt ?? post.createdAt;
    if (title !== post.title || content !== post.content)
      await indexPosts(em, dialect, [{ id: post.id, title, content, version }]);
    // The commit stores it.
    return em.assign(post, {
      title,
      titleKey: titleKeyOf(title),
      content,
      publishedAt,
      listedAt,
      updatedAt: now,
      version,
    });
  });
}

/**
 * Deletes a post of the viewer.
 *
 * @throws KnownError `NOT_FOUND` or `FORBIDDEN`.
 */
export async function deletePost(transaction: Transaction, viewer: Viewer, id: string, now: Date): Promise<void> {
  await transaction(async (em) => {
    em.remove(await requireOwnPost(em, viewer, id, now));
  });
}

async function requireOwnPost(em: EntityManager, viewer: Viewer, id: string, now: Date): Promise<Post> {
  const post = await requirePost(em, viewer, id, now);
  if (post.author.id !== viewer.userId) throw new KnownError("FORBIDDEN", "Only the author of a post may change it");
  return post;
}

/**
 * Locks the viewer, and then the post with this id if the viewer may see it at `now`, until the transaction ends.
 *
 * @throws KnownError `NOT_FOUND`, which doesn't reveal whether there is a post that the viewer may not see;
 * `UNAUTHENTICATED` if the viewer was deleted a moment ago.
 */
export async function requirePost(em: EntityManager, viewer: Viewer, id: string, now: Date): Promise<Post> {
  if ((await lockUser(em, viewer.userId)) === null) throw userGone(now);
  const scopes = visibilityScopes(viewer.userId, now);
  const inScope = (row?: string) => isInOneOf(scopes, row).in(undefined);
  const visible = raw((row) => inScope(row).text, [...inScope().values]);
  const post = await em.findOne(
    Post,
    { id, [visible]: [] },
    // The author's row is read too, but not locked: users are locked before posts.
    { populate: ["author"], lockMode: LockMode.PESSIMISTIC_WRITE, lockTableAliases: ["p0"] },
  );
  if (post === null) throw new KnownError("NOT_FOUND", "There is no such post");
  return post;
}
