import { Entity, PrimaryKey, Property, Unique } from "@mikro-orm/core";
import { Field, ObjectType } from "type-graphql";

import { DateTime } from "../date-time.js";
import { Node } from "../node.js";

/** An account. The resolver adds its `email` field, which only its owner may see. */
@ObjectType({ implements: Node, description: "Somebody with an account." })
@Entity({ tableName: "users" })
export class User extends Node {
  @PrimaryKey({ type: "text" })
  override id!: string;

  @Field(() => String, { description: "The name that others see." })
  @Property({ type: "text" })
  name!: string;

  /** As it was typed at registration. */
  @Property({ type: "text" })
  email!: string;

  /** What every spelling of one address has in common; see `emailKeyOf`. */
  @Property({ type: "text" })
  @Unique()
  emailKey!: string;

  /** argon2id in PHC form, which carries its parameters and its salt. */
  @Property({ type: "text" })
  passwordHash!: string;

  @Field(() => DateTime, { description: "When the account was made." })
  @Property({ type: "datetime", length: 3 })
  createdAt!: Date;
}
