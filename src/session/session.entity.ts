import { Entity, Index, ManyToOne, PrimaryKey, Property } from "@mikro-orm/core";

import { User } from "../user/user.entity.js";

/**
 * What a sign-in opens and an access token names in `sid`: without a live row its tokens are worth nothing.
 */
@Entity({ tableName: "sessions" })
export class Session {
  @PrimaryKey({ type: "text" })
  id!: string;

  @ManyToOne(() => User, { deleteRule: "cascade" })
  user!: User;

  @Property({ type: "Date", length: 3 })
  createdAt!: Date;

  @Property({ type: "Date", length: 3 })
  lastUsedAt!: Date;

  /** From this instant on the session is over, whatever its tokens say. Ending it brings this forward. */
  @Property({ type: "Date", length: 3 })
  @Index()
  expiresAt!: Date;

  /** Set where it was ended before its time, which a refresh is told. */
  @Property({ type: "Date", length: 3, nullable: true })
  endedAt!: Date | null;

  /** The client's own words, cut to 300 characters. */
  @Property({ type: "text", nullable: true })
  userAgent!: string | null;
}
