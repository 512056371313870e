import { LRUCache } from "lru-cache";
import type sqlite3 from "sqlite3";

// Statements come in as many shapes as orders, filters and cursors combine to; few of them are in use at a time.
const mostKept = 100;

/** The statements of a connection, each compiled once and kept while it is one of those in use. */
export type PreparedStatements = {
  readonly prepared: (text: string) => Promise<sqlite3.Statement>;
  /** Lets go of them all, without which a connection can't be closed. */
  readonly finalize: () => void;
};

const ofConnections = new WeakMap<sqlite3.Database, PreparedStatements>();

export function preparedStatementsOf(connection: sqlite3.Database): PreparedStatements {
  const known = ofConnections.get(connection);
  if (known !== undefined) return known;
  const statements = keepStatements(connection);
  ofConnections.set(connection, statements);
  return statements;
}

function keepStatements(connection: sqlite3.Database): PreparedStatements {
  const kept = new LRUCache<string, sqlite3.Statement>({
    max: mostKept,
    // It ends what it is doing first.
    dispose: (statement) => statement.finalize(),
  });
  return {
    async prepared(text) {
      const known = kept.get(text);
      if (known !== undefined) return known;
      const statement = await prepare(connection, text);
      kept.set(text, statement);
      return statement;
    },
    finalize: () => kept.clear(),
  };
}

function prepare(connection: sqlite3.Database, text: string): Promise<sqlite3.Statement> {
  return new Promise((resolve, reject) => {
    const statement = connection.prepare(text, (error) => (error === null ? resolve(statement) : reject(error)));
  });
}

/** All rows that a statement gives. To the last one: it holds its snapshot of the database until then. */
export function allRows(statement: sqlite3.Statement, values: readonly unknown[]): Promise<unknown[]> {
  return new Promise((resolve, reject) =>
    statement.all(values, (error, rows) => (error === null ? resolve(rows) : reject(error))),
  );
}
