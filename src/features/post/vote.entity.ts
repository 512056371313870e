import { Entity, Index, ManyToOne } from "@mikro-orm/core";

import { User } from "../user/user.entity.js";
import { Post } from "./post.entity.js";

/**
 * A user's vote for a post; the two together are the key, so nobody votes twice. Triggers keep `Post.voteCount` in step,
 * for votes too that go with a deleted account.
 */
@Entity({ tableName: "votes" })
export class Vote {
  @ManyToOne(() => Post, { primary: true, deleteRule: "cascade", index: false })
  post!: Post;

  @ManyToOne(() => User, { primary: true, deleteRule: "cascade", index: false })
  @Index()
  user!: User;
}
