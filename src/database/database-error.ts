import type { DriverError } from "./engine.js";
import { engineOf, engines } from "./engines.js";

/** A database that can't be opened or used; the message says why, in one line. */
export class DatabaseUnusableError extends Error {
  override readonly name = "DatabaseUnusableError";

  constructor(
    message: string,
    readonly code = "",
    cause?: unknown,
  ) {
    super(message, { cause });
  }
}

/**
 * Returns a DatabaseUnusableError that says why a database can't be used, or the error itself if it has another
 * subject.
 */
export function explainUnusable(url: string, error: unknown): unknown {
  if (!(error instanceof Error)) return error;
  const { code }: DriverError = error;
  const why = engineOf(url).whyUnusable(url, error);
  return why === undefined ? error : new DatabaseUnusableError(why, code, error);
}

/** Reports whether the database could not be reached or stayed locked, so that a retry may succeed. */
export function isDatabaseAway(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  return engines.some((engine) => engine.isAway(error)) || /\bacquiring a connection\b/.test(error.message);
}

/** Returns the kind of a database's error; undefined if it comes from no database. */
export function classifyDatabaseError(error: unknown): "away" | "timeout" | "conflict" | "other" | undefined {
  if (isDatabaseAway(error)) return "away";
  if (!(error instanceof Error)) return undefined;
  if (engines.some((engine) => engine.isTimeout(error))) return "timeout";
  if (engines.some((engine) => engine.isConflict(error))) return "conflict";
  // SQLite's codes, and those of the SQL standard.
  return /^(SQLITE_\w+|[0-9A-Z]{5})$/.test(String((error as DriverError).code)) ? "other" : undefined;
}

/** Returns the message for a database that can't be written, for `/readyz`, the doctor and the start. */
export const readOnlyMessage = (why: string): string => `The database can't be written: ${why}`;

/** Returns a `DATABASE_URL` without its password. */
export const withoutPassword = (url: string): string =>
  url
    // Up to the last @ of the authority, as URLs are parsed.
    .replace(/(:\/\/[^:/?#]*):[^/?#]*@/, "$1@")
    .replace(/([?&])password=[^&]*&?/g, "$1")
    .replace(/[?&]$/, "");
