import { Entity, ManyToOne, PrimaryKey, Property, Unique } from "@mikro-orm/core";
import { InstantType, Post, User } from "postern";

/** A post that a user keeps, as a row. */
@Entity({ tableName: "bookmarks" })
@Unique({ properties: ["user", "post"] })
export class Bookmark {
  @PrimaryKey({ type: "text" })
  id!: string;

  @ManyToOne(() => User, { deleteRule: "cascade", index: false })
  user!: User;

  @ManyToOne(() => Post, { deleteRule: "cascade" })
  post!: Post;

  @Property({ type: InstantType })
  createdAt!: Date;
}
