import DataLoader from "dataloader";

import { perOperation } from "../context.js";
import type { OperationReader } from "../database/reader.js";
import { texts } from "../database/dialect.js";
import { Sql, sql } from "../database/sql.js";
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
