import { Entity, Index, ManyToOne } from "../../database/mikro-orm.js";
import { User } from "../user/user.entity.js";
import { Post } from "./post.entity.js";

/**
 * A user's vote for a post. The two together are the key, so nobody votes twice. Triggers update `Post.voteCount`, even when
 * votes are deleted with an account.
 */
@Entity({ tableName: "votes" })
export class Vote {
  @ManyToOne(() => Post, { primary: true, deleteRule: "cascade", index: false })
  post!: Post;

  @ManyToOne(() => User, { primary: true, deleteRule: "cascade", index: false })
  @Index()
  user!: User;
}
