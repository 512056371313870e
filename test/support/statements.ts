import { createRequire } from "node:module";

import pg from "pg";
import sqlite3 from "sqlite3";
import { onTestFinished, vi } from "vitest";

type Methods = Record<string, (...args: unknown[]) => unknown>;

// The one that entities go through, which MikroORM brings in a version of its own.
const ofMikroOrm = createRequire(createRequire(import.meta.url).resolve("@mikro-orm/postgresql"))("pg") as typeof pg;

/**
 * Listens, until the test is over, to every statement that a driver runs, whichever way it was asked to. Once a test.
 *
 * @returns what gives the statements run so far.
 */
export function countStatements(): () => string[] {
  const statements: string[] = [];
  const listen = (methods: Methods, name: string, textOf: (self: unknown, args: unknown[]) => string) => {
    const original = methods[name]!;
    const spy = vi.spyOn(methods, name).mockImplementation(function (this: unknown, ...args) {
      statements.push(textOf(this, args));
      return original.apply(this, args);
    });
    onTestFinished(() => spy.mockRestore());
  };
  for (const name of ["all", "run", "get", "each"])
    listen(sqlite3.Statement.prototype as unknown as Methods, name, (self) => (self as { sql: string }).sql);
  for (const { Client } of [pg, ofMikroOrm])
    listen(Client.prototype as unknown as Methods, "query", (_, [asked]) =>
      typeof asked === "string" ? asked : (asked as { text: string }).text,
    );
  return () => statements;
}
