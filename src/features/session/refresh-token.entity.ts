import { Entity, Index, ManyToOne, PrimaryKey, Property } from "../../database/mikro-orm.js";
import { InstantType } from "../../kit/instant-column.js";
import { Session } from "./session.entity.js";

/** A refresh token of a session. The newest is unused; the others are kept to detect reuse. */
@Entity({ tableName: "refresh_tokens" })
export class RefreshToken {
  /** SHA-256 of the token, in base64url. The token has 256 random bits, so a plain hash can't be guessed. */
  @PrimaryKey({ type: "text" })
  hash!: string;

  @ManyToOne(() => Session, { deleteRule: "cascade" })
  session!: Session;

  /** The first time that it was exchanged for its successor. */
  @Property({ type: InstantType, nullable: true })
  usedAt!: Date | null;

  /** A used token's row may be deleted after this: the session's end when the token was last accepted. */
  @Property({ type: InstantType, nullable: true })
  @Index()
  keptUntil!: Date | null;

  /** The successor, encrypted with a key that only this token yields; set together with `usedAt`. */
  @Property({ type: "text", nullable: true })
  sealedSuccessor!: string | null;
}
