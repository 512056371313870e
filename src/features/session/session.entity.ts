import { Entity, Index, ManyToOne, PrimaryKey, Property } from "@mikro-orm/core";

import { InstantType } from "../../kit/instant-column.js";
import { User } from "../user/user.entity.js";

/**
 * What a sign-in opens and an access token names in `sid`: without a live row its tokens are worth nothing.
 */
@Entity({ tableName: "sessions" })
// The live sessions of a user: those that are over have an end that is past.
@Index({ properties: ["user", "expiresAt"] })
export class Session {
  @PrimaryKey({ type: "text" })
  id!: string;

  @ManyToOne(() => User, { deleteRule: "cascade" })
  user!: User;

  @Property({ type: InstantType })
  createdAt!: Date;

  @Property({ type: InstantType })
  lastUsedAt!: Date;

  /** From this instant on the session is over, whatever its tokens say. Ending it brings this forward. */
  @Property({ type: InstantType })
  @Index()
  expiresAt!: Date;

  /** Set where it was ended before its time, which a refresh is told. */
  @Property({ type: InstantType, nullable: true })
  endedAt!: Date | null;

  /** The client's own words, cut to 300 characters. */
  @Property({ type: "text", nullable: true })
  userAgent!: string | null;
}
