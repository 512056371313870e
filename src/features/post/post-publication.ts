import { badUserInput } from "../../foundation/errors.js";

/**
 * Where a post stands at an instant. Nothing but `publishedAt` says so: null for a draft, in the future while it is
 * scheduled, and past once it is published, with nothing having to run in between.
 */
export enum PostStatus {
  DRAFT = "DRAFT",
  SCHEDULED = "SCHEDULED",
  PUBLISHED = "PUBLISHED",
}

/** The status at `now` of a post with this `publishedAt`. */
export function statusAt(publishedAt: Date | null, now: Date): PostStatus {
  if (publishedAt === null) return PostStatus.DRAFT;
  return publishedAt <= now ? PostStatus.PUBLISHED : PostStatus.SCHEDULED;
}

/** What an update asks of a post's state; a field that is absent asks nothing. */
export type PublicationChange = {
  readonly published?: boolean | undefined;
  /** In the future; null takes a schedule away. Never beside `published`. */
  readonly publishAt?: Date | null | undefined;
};

/**
 * The `publishedAt` that a change leaves a post with. What changes nothing gives the same date back.
 *
 * @throws KnownError `BAD_USER_INPUT` where a published post is to be scheduled.
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
  throw badUserInput([{ path: ["input", "publishAt"], message: "must not be set on a post that is published" }]);
}
