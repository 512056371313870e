import { createRequire } from "node:module";

import type sqlite3 from "sqlite3";

const require = createRequire(import.meta.url);

/** The package sqlite3 can't be loaded; the message says how to repair it. */
export class NoSqliteError extends Error {
  override readonly name = "NoSqliteError";
}

/**
 * Loads the package sqlite3 when a SQLite database is opened. Other databases don't need its native part, which
 * the package manager may not have been allowed to build.
 *
 * @throws NoSqliteError
 */
export function loadSqlite3(): typeof sqlite3 {
  try {
    return require("sqlite3") as typeof sqlite3;
  } catch (cause) {
    throw new NoSqliteError(
      "The package sqlite3 has no native part for this machine: it was not allowed to be built, or was built elsewhere. " +
        "Run: npm approve-scripts sqlite3 && npm rebuild sqlite3 (npm 10 and older, yarn 1: npm rebuild sqlite3; " +
        "pnpm: pnpm approve-builds && pnpm rebuild sqlite3; " +
        "yarn 4: npm pkg set --json dependenciesMeta.sqlite3.built=true && yarn rebuild sqlite3), " +
        "or set DATABASE_URL to a PostgreSQL database",
      { cause },
    );
  }
}
