import { Entity, Index, ManyToOne, PrimaryKey, Property } from "@mikro-orm/core";

import { InstantType } from "../../kit/instant-column.js";
import { Session } from "./session.entity.js";

/** One refresh token of a session: the newest is unused, the others are kept to know them again. */
@Entity({ tableName: "refresh_tokens" })
export class RefreshToken {
  /** SHA-256 of the token, in base64url. The token has 256 random bits, so a plain hash can't be searched. */
  @PrimaryKey({ type: "text" })
  hash!: string;

  @ManyToOne(() => Session, { deleteRule: "cascade" })
  session!: Session;

  /** When it was first traded for its successor. */
  @Property({ type: InstantType, nullable: true })
  usedAt!: Date | null;

  /** A used token's row may go after this: the session's end, as it was when the token was last worth an answer. */
  @Property({ type: InstantType, nullable: true })
  @Index()
  keptUntil!: Date | null;

  /** The successor, sealed so that only this token opens it; set together with `usedAt`. */
  @Property({ type: "text", nullable: true })
  sealedSuccessor!: string | null;
}
