import DataLoader from "dataloader";

import { perOperation } from "../../kit/context.js";
import { isId } from "../../kit/id.js";
import type { OperationReader } from "../../database/operation-reader.js";
import { texts } from "../../database/dialect.js";
import { limit, Sql, sql } from "../../database/sql.js";
import { emailKeyOf } from "./user.service.js";
import { UserType } from "./user.type.js";

type Row = { readonly id: string; readonly name: string; readonly created_at: number };

/** Loads users by their ids, null if there is none. Requests are batched and not cached. */
export const usersOf = perOperation(
  ({ reader }: { readonly reader: OperationReader }) =>
    new DataLoader<string, UserType | null>(
      async (ids) => {
        const rows = await reader.all<Row>(
          sql`select id, name, created_at from users where id in (select value from ${texts(sql`${JSON.stringify(ids)}`, new Sql("i"))})`,
        );
        const users = new Map(
          rows.map(({ id, name, created_at }) => [id, new UserType({ id, name, createdAt: new Date(created_at) })]),
        );
        return ids.map((id) => users.get(id) ?? null);
      },
      { cache: false },
    ),
);

/** A user as administrators see it. */
export type Account = {
  readonly id: string;
  readonly email: string;
  readonly name: string;
  readonly createdAt: Date;
  readonly disabledAt: Date | null;
};

type AccountRow = Omit<Account, "createdAt" | "disabledAt"> & {
  readonly created_at: number;
  readonly disabled_at: number | null;
};

/** Finds the account with this id or email, in any spelling of the email. */
export async function findAccount(reader: OperationReader, idOrEmail: string): Promise<Account | undefined> {
  const condition = isId("user", idOrEmail) ? sql`id = ${idOrEmail}` : sql`email_key = ${emailKeyOf(idOrEmail)}`;
  const [account] = await readAccounts(reader, sql`where ${condition}`);
  return account;
}

/** Reads at most `most` accounts after the id `after`. Ids are in the order of creation. */
export function listAccounts(
  reader: OperationReader,
  { after, most, disabledOnly }: { readonly after: string; readonly most: number; readonly disabledOnly: boolean },
): Promise<Account[]> {
  const others = disabledOnly ? sql`and disabled_at is not null` : sql``;
  return readAccounts(reader, sql`where id > ${after} ${others} order by id ${limit(most)}`);
}

async function readAccounts(reader: OperationReader, condition: Sql): Promise<Account[]> {
  const rows = await reader.all<AccountRow>(
    sql`select id, email, name, created_at, disabled_at from users ${condition}`,
  );
  return rows.map(({ created_at, disabled_at, ...account }) => ({
    ...account,
    createdAt: new Date(created_at),
    disabledAt: disabled_at === null ? null : new Date(disabled_at),
  }));
}
