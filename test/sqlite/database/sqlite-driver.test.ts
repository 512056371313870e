import {
  CheckConstraintViolationException,
  Entity,
  ForeignKeyConstraintViolationException,
  MikroORM,
  NotNullConstraintViolationException,
  PrimaryKey,
  Property,
  TableNotFoundException,
  UniqueConstraintViolationException,
} from "@mikro-orm/core";
import type { SqlEntityManager } from "@mikro-orm/knex";
import { SqliteDriver as MikroOrmsOwn } from "@mikro-orm/sqlite";
import { expect, onTestFinished, test } from "vitest";

import { SqliteDriver } from "../../../src/database/sqlite/driver.js";
import { listenToStatements } from "../../../src/testing/statements.js";

@Entity({ tableName: "notes" })
class Note {
  @PrimaryKey({ type: "integer" })
  id!: number;

  @Property({ type: "text", unique: true })
  text!: string;

  @Property({ type: "json", nullable: true })
  tags?: unknown;
}

// That the two do the same is all that ours has to.
const drivers = [
  { whose: "ours", driver: SqliteDriver },
  { whose: "MikroORM's own", driver: MikroOrmsOwn as unknown as typeof SqliteDriver },
];

/** An empty table of notes, and an EntityManager within a transaction or without one. */
async function openNotes(driver: typeof SqliteDriver, isInTransaction: boolean) {
  const orm = await MikroORM.init({
    driver,
    dbName: ":memory:",
    entities: [Note],
    discovery: { disableDynamicFileAccess: true },
  });
  onTestFinished(() => orm.close(true));
  await orm.schema.createSchema();
  const em = orm.em.fork() as SqlEntityManager;
  if (isInTransaction) {
    await em.begin();
    onTestFinished(() => em.commit());
  }
  return em;
}

// Within one, ours binds what MikroORM's own writes into the text.
const cases = drivers.flatMap((each) => [
  { ...each, where: "in a transaction", isInTransaction: true },
  { ...each, where: "without one", isInTransaction: false },
]);

test.each(cases)(
  "writes, reads and counts by the driver that is $whose, $where",
  async ({ driver, isInTransaction }) => {
    const em = await openNotes(driver, isInTransaction);
    const hostile = `it's \\'; drop table notes; -- "?" \n`;

    const kept = em.create(Note, { text: hostile, tags: { it: ["'", 1, null, true] } });
    await em.persist(kept).flush();
    expect(kept.id).toBe(1);
    const fresh = em.fork({ keepTransactionContext: true });
    expect(await fresh.findOne(Note, { text: hostile })).toMatchObject({ id: 1, tags: { it: ["'", 1, null, true] } });

    const run = (sql: string, values: unknown[] = []) => em.execute(sql, values, "run");
    expect(await run("insert into notes (text) values (?), (?)", ["two", "it's"])).toMatchObject({
      insertId: 3,
      affectedRows: 2,
    });
    // Written into the statement, and not beside it.
    expect(await em.execute("select id from notes where text in (?)", [["it's", "none"]])).toEqual([{ id: 3 }]);
    expect(await em.execute("select ? as a, ? as b, ? as c", [null, new Date(7), Buffer.from("hi")])).toEqual([
      { a: null, b: 7, c: Buffer.from("hi") },
    ]);

    for (const [sql, refusal] of [
      ["insert into notes (text) values ('two')", UniqueConstraintViolationException],
      ["insert into notes (text) values (null)", NotNullConstraintViolationException],
      ["select * from nowhere", TableNotFoundException],
      ["create table c (n integer check (n > 1), of integer references notes)", undefined],
      ["insert into c values (1, null)", CheckConstraintViolationException],
      ["insert into c values (2, 9)", ForeignKeyConstraintViolationException],
    ] as const) {
      if (refusal === undefined) await run(sql);
      else {
        const error: unknown = await run(sql).catch((thrown: unknown) => thrown);
        expect(
          em
            .getPlatform()
            .getExceptionConverter()
            .convertException(error as Error),
        ).toBeInstanceOf(refusal);
      }
    }
  },
);

test("a statement of a transaction is prepared once, with bound values", async () => {
  const em = await openNotes(SqliteDriver, true);
  const { asked, stop } = listenToStatements();
  onTestFinished(stop);
  const texts = ["it's one", "two", "3"];
  for (const text of texts) await em.insert(Note, { text });
  expect(new Set(asked.map(({ text }) => text)).size).toBe(1);
  expect(asked.map(({ values }) => values)).toEqual(texts.map((text) => [text]));
});

test("the error of a failed statement has its text and none of its values", async () => {
  const em = await openNotes(SqliteDriver, true);
  for (const text of ["insert into nowhere (text) values (?)", "insert into notes (text, tags) values (?, ?), (?, ?)"])
    await expect(
      em.execute(text, ["secret", null, "secret", null].slice(0, text.split("?").length - 1)),
    ).rejects.toThrow(
      expect.objectContaining({ message: expect.stringMatching(/^insert into \w+ \((?!.*secret).* - SQLITE_/) }),
    );
});

test.each(cases)(
  "refuses what is no number, by the driver that is $whose, $where",
  async ({ driver, isInTransaction }) => {
    const em = await openNotes(driver, isInTransaction);
    for (const value of [Number.NaN, Infinity, -Infinity])
      await expect(em.execute("insert into notes (text, tags) values ('x', ?)", [value])).rejects.toThrow(
        "no such column",
      );
    expect(await em.execute("select * from notes")).toEqual([]);
  },
);

test("rejects statements of a transaction that has ended", async () => {
  const em = await openNotes(SqliteDriver, false);
  await em.begin();
  const late = em.fork({ keepTransactionContext: true });
  await em.rollback();
  await expect(late.execute("insert into notes (text) values (?)", ["late"])).rejects.toThrow(
    "The transaction has ended: run the statement in another one",
  );
  expect(await em.execute("select * from notes")).toEqual([]);
});
