import { badUserInput } from "../../foundation/errors.js";

/**
 * The status of a post at an instant. It follows from `publishedAt` alone: null for a draft, in the future while the post is
 * scheduled, and in the past once it is published. Nothing has to run when the status changes.
 */
export enum PostStatus {
  DRAFT = "DRAFT",
  SCHEDULED = "SCHEDULED",
  PUBLISHED = "PUBLISHED",
}

/** Returns the status at `now` of a post with this `publishedAt`. */
export function statusAt(publishedAt: Date | null, now: Date): PostStatus {
  if (publishedAt === null) return PostStatus.DRAFT;
  return publishedAt <= now ? PostStatus.PUBLISHED : PostStatus.SCHEDULED;
}

/** A requested change of a post's status; absent fields change nothing. */
export type PublicationChange = {
  readonly published?: boolean | undefined;
  /** In the future; null cancels the schedule. Never together with `published`. */
  readonly publishAt?: Date | null | undefined;
};

/**
 * Returns the `publishedAt` of a post after a change; the same date if nothing changes.
 *
 * @throws KnownError `BAD_USER_INPUT` if the change would schedule a published post.
 */
export function publishedAtAfter(publishedAt: Date | null, change: PublicationChange, now: Date): Date | null {
  const status = statusAt(publishedAt, now);
  const { published, publishAt } = change;
  if (published !== undefined) {
    if (published) return status === PostStatus.PUBLISHED ? publishedAt : now;
    return null;
  }
  if (publishAt === undefined) return publishedAt;
  if (status !== PostStatus.PUBLISHED) return publishAt;
  if (publishAt === null) return publishedAt;
  throw badUserInput([{ path: ["input", "publishAt"], message: "must not be set on a published post" }]);
}
