import DataLoader from "dataloader";

import { perOperation } from "../../kit/context.js";
import { isId } from "../../kit/id.js";
import type { OperationReader } from "../../database/reader.js";
import { texts } from "../../database/dialect.js";
import { limit, Sql, sql } from "../../database/sql.js";
import { emailKeyOf } from "./user.service.js";
import { UserType } from "./user.type.js";

type Row = { readonly id: string; readonly name: string; readonly created_at: number };

/** Users by their ids, null where there is none: read once for all that is asked for at a time, and not kept. */
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

/** A user as those see them who administer the server. */
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

/** The account with this id or email, in any of the email's spellings. */
export async function findAccount(reader: OperationReader, idOrEmail: string): Promise<Account | undefined> {
  const condition = isId("user", idOrEmail) ? sql`id = ${idOrEmail}` : sql`email_key = ${emailKeyOf(idOrEmail)}`;
  const [account] = await readAccounts(reader, sql`where ${condition}`);
  return account;
}

/** At most so many accounts in the order of their ids, which is that of their creation, after the one with the id `after`. */
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
