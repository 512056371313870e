import { createRequire } from "node:module";

import type sqlite3 from "sqlite3";

const require = createRequire(import.meta.url);

/** That SQLite can't be used, with what mends it. */
export class NoSqliteError extends Error {
  override readonly name = "NoSqliteError";
}

/**
 * The package sqlite3, loaded by whoever opens a database of SQLite: no other database needs its native part, which npm
 * may not have been let build.
 *
 * @throws NoSqliteError
 */
export function loadSqlite3(): typeof sqlite3 {
  try {
    return require("sqlite3") as typeof sqlite3;
  } catch (cause) {
    throw new NoSqliteError(
      "The package sqlite3 has no native part: npm was not let build it, or it is that of another machine. " +
        "Type: npm approve-scripts sqlite3 && npm rebuild sqlite3 " +
        "(npm 10 and older: npm rebuild sqlite3), or set DATABASE_URL to a PostgreSQL database",
      { cause },
    );
  }
}
