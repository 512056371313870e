import { createRequire } from "node:module";

import pg from "pg";

import { sessionSetup } from "../database/postgresql/read-client.js";
import { loadSqlite3 } from "../database/sqlite/load-sqlite3.js";

type Methods = Record<string, (...args: unknown[]) => unknown>;

/** A statement as its driver received it. */
export type Asked = { readonly text: string; readonly values: readonly unknown[] };

// The driver of entities, which MikroORM brings in its own version.
const ofMikroOrm = createRequire(createRequire(import.meta.url).resolve("@mikro-orm/postgresql"))("pg") as typeof pg;

const listOf = (values: unknown): readonly unknown[] => (Array.isArray(values) ? values : []);

/** A recording of the statements of this process, until it is stopped. */
export type Listening = {
  /** The statements so far, in the order in which their driver received them. */
  readonly asked: readonly Asked[];
  readonly stop: () => void;
};

/** Records every statement that a driver runs in this process. */
export function listenToStatements(): Listening {
  const asked: Asked[] = [];
  const restore: (() => void)[] = [];
  const listen = (methods: Methods, name: string, askedOf: (self: unknown, args: readonly unknown[]) => Asked) => {
    const original = methods[name]!;
    methods[name] = function (this: unknown, ...args) {
      const statement = askedOf(this, args);
      // The set-up of a new connection belongs to no operation.
      if (statement.text !== sessionSetup) asked.push(statement);
      return original.apply(this, args);
    };
    restore.push(() => (methods[name] = original));
  };
  for (const name of ["all", "run", "get", "each"])
    listen(loadSqlite3().Statement.prototype as unknown as Methods, name, (self, [values]) => ({
      text: (self as { sql: string }).sql,
      values: listOf(values),
    }));
  // Several statements without values at once.
  listen(loadSqlite3().Database.prototype as unknown as Methods, "exec", (_, [text]) => ({
    text: text as string,
    values: [],
  }));
  for (const { Client } of [pg, ofMikroOrm])
    listen(Client.prototype as unknown as Methods, "query", (_, [first, second]) => {
      const { text, values } = typeof first === "string" ? { text: first, values: second } : (first as Asked);
      return { text, values: listOf(values) };
    });
  // The last first: with two recordings, one method is the other's original.
  return {
    asked,
    stop: () =>
      restore
        .splice(0)
        .toReversed()
        .forEach((undo) => undo()),
  };
}
