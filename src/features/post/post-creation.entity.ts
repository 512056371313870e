import { Entity, ManyToOne, PrimaryKey, PrimaryKeyProp, Property } from "@mikro-orm/core";

import { InstantType } from "../../kit/instant-column.js";
import { User } from "../user/user.entity.js";

/** That a user created a post, which is remembered for an hour at least, whatever becomes of the post. */
@Entity({ tableName: "post_creations" })
export class PostCreation {
  [PrimaryKeyProp]?: ["author", "number"];

  @ManyToOne(() => User, { primary: true, deleteRule: "cascade", index: false })
  author!: User;

  /** Counts the posts that the user has created, from 1. */
  @PrimaryKey({ type: "integer" })
  number!: number;

  @Property({ type: InstantType })
  createdAt!: Date;
}
