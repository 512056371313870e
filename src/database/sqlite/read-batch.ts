import { LRUCache } from "lru-cache";

import type { CancellableStatement, ReadBatch, ReadConnection } from "../engine.js";
import { writtenSql, type Sql } from "../sql.js";
import { sqliteDialect } from "./dialect.js";

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

/** Unites statements of the same text into one. Its column `batch_index` says which of them a row belongs to. */
function unionOf(statements: readonly CancellableStatement[]): Sql {
  const written = statements.map(({ statement }) => statement.in(sqliteDialect));
  const text = unions.memo(written[0]!.text).get(written.length)!;
  return writtenSql({ text, values: written.flatMap(({ values }) => values) });
}

/** The texts of unions by the text that they repeat, each by the number of times. */
const unions = new LRUCache<string, ReadonlyMap<number, string>>({
  max: 30,
  memoMethod: (text) => new Map(sizes.map((size) => [size, repeated(text, size)])),
});

const repeated = (text: string, size: number): string =>
  Array.from({ length: size }, (_, index) => `select ${index} as batch_index, one.* from (${text}) one`).join(
    " union all ",
  );
