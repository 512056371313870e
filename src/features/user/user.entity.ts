import { Entity, PrimaryKey, Property, Unique } from "../../database/mikro-orm.js";
import { InstantType } from "../../kit/instant-column.js";

/** An account as it is stored. */
@Entity({ tableName: "users" })
export class User {
  @PrimaryKey({ type: "text" })
  id!: string;

  /** The name that other users see. */
  @Property({ type: "text" })
  name!: string;

  /** The address as it was typed at registration. */
  @Property({ type: "text" })
  email!: string;

  /** The same for every spelling of an address; see `emailKeyOf`. */
  @Property({ type: "text" })
  @Unique()
  emailKey!: string;

  /** argon2id in PHC form, which carries its parameters and its salt. */
  @Property({ type: "text" })
  passwordHash!: string;

  @Property({ type: InstantType })
  createdAt!: Date;

  /** When an operator disabled the user, who can no longer sign in but whose posts stay. Null if the user is not disabled. */
  @Property({ type: InstantType, nullable: true })
  disabledAt!: Date | null;
}
