import type { OperationReader } from "../../database/operation-reader.js";
import { sql } from "../../database/sql.js";
import { emailKeyOf } from "../user/user.service.js";

/** A user of the demonstration data that `npm run seed` creates. All its users have this password, which is no secret. */
export const demonstrationAccount = {
  name: "Ada Whitlock",
  email: "ada@demo.example.com",
  password: "correct horse battery",
} as const;

/** Reports whether the database has the demonstration data. */
export async function hasDemonstration(reader: OperationReader): Promise<boolean> {
  const key = emailKeyOf(demonstrationAccount.email);
  return (await reader.all(sql`select 1 as found from users where email_key = ${key}`)).length > 0;
}
