import { Entity, Index, PrimaryKey, Property } from "../../database/mikro-orm.js";
import { InstantType } from "../../kit/instant-column.js";

/** A counter of failed sign-ins: for an account, for an address, or for both together. */
@Entity({ tableName: "attempts" })
export class Attempt {
  /** A hash of the account and the address, so that an attack does not leave a list of emails and addresses. */
  @PrimaryKey({ type: "text" })
  key!: string;

  /** Failures since the last success, without those forgotten by `touchedAt`. */
  @Property({ type: "integer" })
  failures!: number;

  /** Attempts are refused until then. */
  @Property({ type: InstantType, nullable: true })
  waitsUntil!: Date | null;

  /** The last success. */
  @Property({ type: InstantType, nullable: true })
  succeededAt!: Date | null;

  /** The last success, or the instant up to which failures have been forgotten. */
  @Property({ type: InstantType })
  @Index()
  touchedAt!: Date;
}
