import { LRUCache } from "lru-cache";
import type sqlite3 from "sqlite3";

// Orders, filters and cursors combine to many different statements; few of them are in use at a time.
const maxStatements = 100;

/** A cache of a connection's prepared statements. */
export type PreparedStatements = {
  readonly prepared: (text: string) => Promise<sqlite3.Statement>;
  /** Finalizes all of them. Otherwise the connection can't be closed. */
  readonly finalize: () => void;
};

const byConnection = new WeakMap<sqlite3.Database, PreparedStatements>();

export function preparedStatementsOf(connection: sqlite3.Database): PreparedStatements {
  const known = byConnection.get(connection);
  if (known !== undefined) return known;
  const statements = cacheStatements(connection);
  byConnection.set(connection, statements);
  return statements;
}

function cacheStatements(connection: sqlite3.Database): PreparedStatements {
  const cache = new LRUCache<string, sqlite3.Statement>({
    max: maxStatements,
    // sqlite3 lets a running statement finish first.
    dispose: (statement) => statement.finalize(),
  });
  return {
    async prepared(text) {
      const known = cache.get(text);
      if (known !== undefined) return known;
      const statement = await prepare(connection, text);
      cache.set(text, statement);
      return statement;
    },
    finalize: () => cache.clear(),
  };
}

function prepare(connection: sqlite3.Database, text: string): Promise<sqlite3.Statement> {
  return new Promise((resolve, reject) => {
    const statement = connection.prepare(text, (error) => (error === null ? resolve(statement) : reject(error)));
  });
}

/**
 * Returns all rows of a statement. It must be read to the end, because it holds its snapshot of the database until
 * then.
 */
export function allRows(statement: sqlite3.Statement, values: readonly unknown[]): Promise<unknown[]> {
  return new Promise((resolve, reject) =>
    statement.all(values, (error, rows) => (error === null ? resolve(rows) : reject(error))),
  );
}
