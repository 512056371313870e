import type { Viewer } from "../../kit/auth.js";
import type { Transaction } from "../../database/transaction.js";
import { User } from "../user/user.entity.js";
import type { Post } from "./post.entity.js";
import { requirePost } from "./post.service.js";
import { Vote } from "./vote.entity.js";

/**
 * Adds or removes the viewer's vote for a post that they may see. It changes nothing if that is done already. Returns the
 * post with its count.
 *
 * @throws KnownError `NOT_FOUND`.
 */
export function setVote(
  transaction: Transaction,
  viewer: Viewer,
  postId: string,
  voted: boolean,
  now: Date,
): Promise<Post> {
  return transaction(async (em) => {
    const post = await requirePost(em, viewer, postId, now);
    const user = em.getReference(User, viewer.userId);
    const vote = await em.findOne(Vote, { post: post.id, user: user.id });
    if ((vote !== null) === voted) return post;
    if (vote === null) em.persist(em.create(Vote, { post, user }));
    else em.remove(vote);
    await em.flush();
    // A trigger has changed the count.
    return em.refreshOrFail(post, { populate: ["author"] });
  });
}
