import { createHash } from "node:crypto";

import type { EntityProperty } from "@mikro-orm/core";
import type { SqlEntityManager } from "@mikro-orm/knex";

import { CommitOrderCalculator } from "../../database/mikro-orm.js";
import type { Database } from "../../database/database.js";
import { jsonArray } from "../../database/dialect.js";
import { joinSql, limit, Sql, sql } from "../../database/sql.js";
import { transactionsOn } from "../../database/transaction.js";
import { schedulePosts } from "../../features/post/event/scheduled-posts.js";
import { systemClock } from "../../foundation/clock.js";
import type { Features } from "../../graphql/schema.js";

import { CommandError } from "../command.js";
import { bulkOf } from "./load.js";
import { type Value } from "./bulk.js";
import type { Progress } from "./progress.js";

/** The number of rows copied, by table. */
export type Copied = Readonly<Record<string, number>>;

const rowsAtOnce = 5000;
export const bytesAtOnce = 4 * 1024 * 1024;

/**
 * Copies a database into an empty one, on SQLite or PostgreSQL, in one transaction: all of it is copied or nothing.
 * The source is locked against writes meanwhile, since the copy would miss them.
 *
 * Tables without an entity are derived from others; the target's triggers fill them.
 *
 * Every table is read back from the target and compared by its number of rows and their checksum.
 *
 * @param entities the server's own and those that an application adds.
 * @throws CommandError if the target isn't empty, or differs from the source afterwards.
 */
export async function copyDatabase(
  source: Database,
  target: Database,
  entities: Features["entities"],
  report: (progress: Progress) => void,
): Promise<Copied> {
  const bulk = bulkOf(target);
  await bulk.tune(target);
  const copied = await transactionsOn(source)({ clientKey: "" })((from) =>
    transactionsOn(target)({ clientKey: "" })(async (to) => {
      await lockForReading(source, from, entities);
      for (const table of tablesOf(target, entities))
        if ((await countOf(target, to, table)) > 0)
          throw new CommandError(`The target isn't empty: it has ${table.name}`);

      const load = await bulk.begin(to);
      const sums = new Map<string, Sum>();
      for (const table of tablesOf(source, entities)) {
        const total = await countOf(source, from, table);
        const sum = newSum();
        for await (const rows of rowsOf(source, from, table)) {
          await load.insert(table.name, table.columns, rows);
          if (table.name === "posts") await load.indexTexts(rows.map((row) => textOf(table, row)));
          sum.add(rows);
          report({ phase: table.name, done: sum.count(), total: Math.max(total, 1) });
        }
        sums.set(table.name, sum);
      }
      await load.restore((done, total) => report({ phase: "indexes", done, total }));
      await schedulePosts(to, systemClock());
      for (const table of tablesOf(target, entities)) {
        const sum = newSum();
        for await (const rows of rowsOf(target, to, table)) sum.add(rows);
        report({ phase: "comparing", done: sum.count(), total: Math.max(sum.count(), 1) });
        if (sum.digest() !== sums.get(table.name)!.digest())
          throw new CommandError(`The copy of ${table.name} differs from the original: nothing was kept`);
      }
      return Object.fromEntries([...sums].map(([name, sum]) => [name, sum.count()]));
    }),
  );
  await bulk.finish(target);
  return copied;
}

export type Table = { readonly name: string; readonly columns: readonly string[]; readonly key: readonly string[] };

/** Returns the tables of all entities; a table comes after those that it refers to. */
function tablesOf(database: Database, entities: Features["entities"]): readonly Table[] {
  const metadata = database.getMetadata();
  const order = new CommitOrderCalculator();
  for (const { name } of entities) order.addNode(name);
  for (const { name } of entities) for (const prop of metadata.get(name).props) order.discoverProperty(prop, name);
  // oxlint-disable-next-line unicorn/no-array-sort -- not an array's
  return order.sort().map((name) => {
    const { tableName, props, primaryKeys, properties } = metadata.get(name);
    return {
      name: tableName,
      columns: props.flatMap(({ fieldNames }) => fieldNames),
      key: primaryKeys.flatMap((key) => (properties as Record<string, EntityProperty>)[key]!.fieldNames),
    };
  });
}

type Row = readonly Value[];

async function run<Result>({ engine }: Database, em: SqlEntityManager, statement: Sql): Promise<Result[]> {
  const { text, values } = statement.in(engine.dialect);
  return em.execute(text, [...values]);
}

/** Locks the tables against writes. On SQLite the transaction does so already. */
async function lockForReading(database: Database, em: SqlEntityManager, entities: Features["entities"]): Promise<void> {
  if (database.engine.dialect.name === "sqlite") return;
  const names = tablesOf(database, entities).map(({ name }) => name);
  await run(database, em, new Sql(`lock table ${names.join(", ")} in share mode`));
}

async function countOf(database: Database, em: SqlEntityManager, { name }: Table): Promise<number> {
  const [row] = await run<{ rows: number | string }>(database, em, new Sql(`select count(*) as rows from ${name}`));
  return Number(row!.rows);
}

/**
 * Yields all rows of a table in the order of its key, in batches of one row or at most `bytesAtOnce`. Every column is
 * text, a whole number or null.
 */
export async function* rowsOf(
  database: Database,
  em: SqlEntityManager,
  { name, columns, key }: Table,
): AsyncGenerator<Row[]> {
  const table = new Sql(name);
  const keys = new Sql(key.join(", "));
  const size = new Sql(columns.map((column) => `coalesce(octet_length(cast(${column} as text)), 4)`).join(" + "));
  for (let after = sql``; ;) {
    // Sizes first, to read no more rows than fit: a post may have 400 kB.
    const sizes = await run<{ bytes: number | string }>(
      database,
      em,
      sql`select ${size} as bytes from ${table} ${after} order by ${keys} ${limit(rowsAtOnce)}`,
    );
    const count = howManyFit(sizes.map(({ bytes }) => Number(bytes)));
    if (count === 0) return;
    const found = await run<{ values: string }>(
      database,
      em,
      sql`select ${jsonArray(new Sql(columns.join(", ")))} as "values" from ${table} ${after} order by ${keys} ${limit(count)}`,
    );
    const rows = found.map(({ values: json }) => (typeof json === "string" ? JSON.parse(json) : json) as Row);
    yield rows;
    const last = key.map((column) => sql`${rows.at(-1)![columns.indexOf(column)]!}`);
    after = sql`where (${keys}) > (${joinSql(last, ", ")})`;
  }
}

/** Returns how many rows of these sizes, from the first on, make a batch: at least one, if there is any. */
function howManyFit(sizes: readonly number[]): number {
  let room = bytesAtOnce;
  const tooMany = sizes.findIndex((bytes) => (room -= bytes) < 0);
  return tooMany === -1 ? sizes.length : Math.max(1, tooMany);
}

function textOf({ columns }: Table, row: Row) {
  const text = (column: string) => String(row[columns.indexOf(column)]);
  return { id: text("id"), title: text("title"), content: text("content"), version: Number(text("version")) };
}

type Sum = ReturnType<typeof newSum>;

/** Counts rows and computes a checksum over them, in order. */
function newSum() {
  const hash = createHash("sha256");
  let count = 0;
  let digest: string | undefined;
  return {
    add(rows: readonly Row[]) {
      count += rows.length;
      for (const row of rows) hash.update(`${JSON.stringify(row)}\n`);
    },
    count: () => count,
    digest: () => (digest ??= hash.digest("base64url")),
  };
}
