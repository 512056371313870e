import { Entity, Index, ManyToOne, PrimaryKey, Property } from "@mikro-orm/core";
import { Field, ObjectType } from "type-graphql";

import { DateTime } from "../date-time.js";
import { Node } from "../node.type.js";
import { User } from "../user/user.entity.js";

/**
 * What a sign-in opens and an access token names in `sid`: without a live row its tokens are worth nothing. The
 * resolver adds `current`.
 */
@ObjectType({ implements: Node, description: "A sign-in on one device, until it is ended or its time is up." })
@Entity({ tableName: "sessions" })
export class Session extends Node {
  @PrimaryKey({ type: "text" })
  override id!: string;

  @ManyToOne(() => User, { deleteRule: "cascade" })
  user!: User;

  @Field(() => DateTime, { description: "When it was opened." })
  @Property({ type: "datetime", length: 3 })
  createdAt!: Date;

  @Field(() => DateTime, { description: "Its last sign-in or refresh." })
  @Property({ type: "datetime", length: 3 })
  lastUsedAt!: Date;

  /** From this instant on the session is over, whatever its tokens say. Ending it brings this forward. */
  @Field(() => DateTime, { description: "When the session ends, if it isn't refreshed before." })
  @Property({ type: "datetime", length: 3 })
  @Index()
  expiresAt!: Date;

  /** Set where it was ended before its time, which a refresh is told. */
  @Property({ type: "datetime", length: 3, nullable: true })
  endedAt!: Date | null;

  /** The client's own words, cut to 300 characters. */
  @Field(() => String, { nullable: true, description: "What the client that signed in called itself." })
  @Property({ type: "text", nullable: true })
  userAgent!: string | null;
}
