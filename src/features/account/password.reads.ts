import type { OperationReader } from "../../database/operation-reader.js";
import { sql, type Sql } from "../../database/sql.js";
import { emailKeyOf } from "../user/user.service.js";

/** A user's stored password hash: argon2id in PHC form. */
export type StoredPassword = { readonly userId: string; readonly passwordHash: string };

/** Reads the password hash of the account with this email. */
export function passwordOfEmail(reader: OperationReader, email: string): Promise<StoredPassword | undefined> {
  return passwordWhere(reader, sql`email_key = ${emailKeyOf(email)}`);
}

export function passwordOfUser(reader: OperationReader, userId: string): Promise<StoredPassword | undefined> {
  return passwordWhere(reader, sql`id = ${userId}`);
}

async function passwordWhere(reader: OperationReader, condition: Sql): Promise<StoredPassword | undefined> {
  const [row] = await reader.all<StoredPassword>(
    sql`select id as "userId", password_hash as "passwordHash" from users where ${condition}`,
  );
  return row;
}
