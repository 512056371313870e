import { createRequire } from "node:module";

import pg from "pg";
import sqlite3 from "sqlite3";
import { onTestFinished, vi } from "vitest";

type Methods = Record<string, (...args: unknown[]) => unknown>;

/** A statement as it was given to a driver. */
export type Asked = { readonly text: string; readonly values: readonly unknown[] };

// The one that entities go through, which MikroORM brings in a version of its own.
const ofMikroOrm = createRequire(createRequire(import.meta.url).resolve("@mikro-orm/postgresql"))("pg") as typeof pg;

/**
 * Listens, until the test is over, to every statement that a driver runs, whichever way it was asked to. Once a test.
 *
 * @returns what gives the statements run so far, with their values.
 */
export function listenToStatements(): () => readonly Asked[] {
  const asked: Asked[] = [];
  const listen = (methods: Methods, name: string, askedOf: (self: unknown, args: readonly unknown[]) => Asked) => {
    const original = methods[name]!;
    const spy = vi.spyOn(methods, name).mockImplementation(function (this: unknown, ...args) {
      asked.push(askedOf(this, args));
      return original.apply(this, args);
    });
    onTestFinished(() => spy.mockRestore());
  };
  const listOf = (values: unknown): readonly unknown[] => (Array.isArray(values) ? values : []);
  for (const name of ["all", "run", "get", "each"])
    listen(sqlite3.Statement.prototype as unknown as Methods, name, (self, [values]) => ({
      text: (self as { sql: string }).sql,
      values: listOf(values),
    }));
  for (const { Client } of [pg, ofMikroOrm])
    listen(Client.prototype as unknown as Methods, "query", (_, [first, second]) => {
      const { text, values } = typeof first === "string" ? { text: first, values: second } : (first as Asked);
      return { text, values: listOf(values) };
    });
  return () => asked;
}

/** The same, of which the texts are enough. */
export function countStatements(): () => string[] {
  const asked = listenToStatements();
  return () => asked().map(({ text }) => text);
}
