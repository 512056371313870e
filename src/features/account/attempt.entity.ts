import { Entity, Index, PrimaryKey, Property } from "@mikro-orm/core";

import { InstantType } from "../../kit/instant-column.js";

/** What is remembered of tries to sign in: for an account and an address together, for either alone. */
@Entity({ tableName: "attempts" })
export class Attempt {
  /** What is counted, hashed: the log of an attack should not become a list of addresses and emails. */
  @PrimaryKey({ type: "text" })
  key!: string;

  /** Failures since the last success, less those forgotten by `touchedAt`. */
  @Property({ type: "integer" })
  failures!: number;

  /** Tries are refused until then. */
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
