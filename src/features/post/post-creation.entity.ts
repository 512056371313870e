import { Entity, ManyToOne, PrimaryKey, PrimaryKeyProp, Property } from "../../database/mikro-orm.js";
import { InstantType } from "../../kit/instant-column.js";
import { User } from "../user/user.entity.js";

/** A creation of a post by a user. It is kept for at least an hour, even if the post is deleted. */
@Entity({ tableName: "post_creations" })
export class PostCreation {
  [PrimaryKeyProp]?: ["author", "number"];

  @ManyToOne(() => User, { primary: true, deleteRule: "cascade", index: false })
  author!: User;

  /** The number of this creation among the user's, from 1. */
  @PrimaryKey({ type: "integer" })
  number!: number;

  @Property({ type: InstantType })
  createdAt!: Date;
}
