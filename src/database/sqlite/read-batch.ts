import type { CancellableStatement, ReadBatch, ReadConnection } from "../engine.js";
import { joinSql, Sql, sql } from "../sql.js";

// Few sizes, because each is a statement of its own that has to be kept prepared.
const sizes = [8, 4, 2] as const;

/**
 * Runs statements of the same text as few united ones. To hand a statement to a thread and back takes longer than a
 * short one takes to run.
 */
export function readBatch(all: ReadConnection["all"]): ReadBatch {
  const runUnited = (statements: readonly CancellableStatement[]): readonly Promise<unknown[]>[] => {
    const runAlone = ({ statement, signal }: CancellableStatement) => all(statement, signal);
    if (statements.length === 1) return statements.map(runAlone);
    const united = all<{ batch_index: number }>(unionOf(statements));
    return statements.map((one, index) =>
      united.then(
        (rows) => rows.filter((row) => row.batch_index === index),
        () => runAlone(one),
      ),
    );
  };
  return {
    maxStatements: sizes[0],
    run(statements) {
      const results: Promise<unknown[]>[] = [];
      for (let start = 0; start < statements.length;) {
        const size = sizes.find((count) => count <= statements.length - start) ?? 1;
        results.push(...runUnited(statements.slice(start, start + size)));
        start += size;
      }
      return results;
    },
  };
}

/** Unites statements into one. Its column `batch_index` says which of them a row belongs to. */
function unionOf(statements: readonly CancellableStatement[]): Sql {
  const numbered = statements.map(
    ({ statement }, index) => sql`select ${new Sql(String(index))} as batch_index, one.* from (${statement}) one`,
  );
  return joinSql(numbered, " union all ");
}
