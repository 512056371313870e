import sqlite3 from "sqlite3";
import { onTestFinished, vi } from "vitest";

/**
 * Listens, until the test is over, to every statement that the driver runs, whichever way it was asked to. Once a test.
 *
 * @returns what gives the statements run so far, with their values in them.
 */
export function countStatements(): () => string[] {
  const statements: string[] = [];
  const prototype = sqlite3.Statement.prototype as unknown as Record<string, (...args: unknown[]) => unknown>;
  for (const method of ["all", "run", "get", "each"]) {
    const original = prototype[method]!;
    const spy = vi.spyOn(prototype, method).mockImplementation(function (this: { sql: string }, ...args) {
      statements.push(this.sql);
      return original.apply(this, args);
    });
    onTestFinished(() => spy.mockRestore());
  }
  return () => statements;
}
