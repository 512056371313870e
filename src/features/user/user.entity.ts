import { Entity, PrimaryKey, Property, Unique } from "@mikro-orm/core";

import { InstantType } from "../../kit/instant-column.js";

/** An account as it is stored. */
@Entity({ tableName: "users" })
export class User {
  @PrimaryKey({ type: "text" })
  id!: string;

  /** The name that others see. */
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

  @Property({ type: InstantType })
  createdAt!: Date;

  /** When an operator disabled them: nobody can be them any more, though what they wrote stays. Null for all others. */
  @Property({ type: InstantType, nullable: true })
  disabledAt!: Date | null;
}
