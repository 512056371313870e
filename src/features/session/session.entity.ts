import { Entity, Index, ManyToOne, PrimaryKey, Property } from "../../database/mikro-orm.js";
import { InstantType } from "../../kit/instant-column.js";
import { User } from "../user/user.entity.js";

/** A session, which a sign-in opens and an access token names in `sid`. Its tokens are valid only while its row is live. */
@Entity({ tableName: "sessions" })
// Finds the live sessions of a user, whose end is in the future.
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

  /** The session is over from this instant on, whatever its tokens say. Ending it early moves this. */
  @Property({ type: InstantType })
  @Index()
  expiresAt!: Date;

  /** Set if the session was ended early, which a refresh then reports. */
  @Property({ type: InstantType, nullable: true })
  endedAt!: Date | null;

  /** The client's User-Agent header, cut to 300 characters. */
  @Property({ type: "text", nullable: true })
  userAgent!: string | null;
}
