import type { SqlEntityManager } from "@mikro-orm/knex";
import { expect, onTestFinished, test } from "vitest";

import { openDatabase } from "../../../src/database/database.js";
import { transactionsOn } from "../../../src/database/transaction.js";
import { entities } from "../../../src/graphql/schema.js";
import { newFileUrl } from "../../support/files.js";
import { rows } from "../../support/rows.js";

/** A table of numbers, and transactions on it that never take long. */
async function openNumbers() {
  const database = await openDatabase(newFileUrl(), entities);
  onTestFinished(() => database.close(true));
  const { engine } = database;
  let isBroken = false;
  const runTogether: typeof engine.runTogether = (em, statements) => {
    if (!isBroken) return engine.runTogether(em, statements);
    isBroken = false;
    return Promise.reject(new Error("out of memory"));
  };
  const connection = database.em.getConnection();
  await connection.execute("create table numbers (number integer primary key, at integer)");
  let commits = 0;
  const writing = transactionsOn(
    Object.assign(database, { engine: { ...engine, runTogether } }),
    () => (commits += 1),
    { stopwatch: () => () => 0 },
  );
  const add = (number: number) => async (em: SqlEntityManager) => {
    await em.execute(`insert into numbers select ${number}, at from operation_instant`);
    return number;
  };
  return {
    writing,
    transaction: writing({ clientKey: "tests" }),
    add,
    /** Makes the next savepoint fail. */
    breakNext: () => void (isBroken = true),
    commits: () => commits,
    stored: async () =>
      (await rows(database, "select number from numbers order by number")).map(({ number }) => number),
    rows: (statement: string) => rows(database, statement),
  };
}

const numbers = (count: number) => Array.from({ length: count }, (_, index) => index);

test("jobs that follow each other share a commit, at most 50 of them", async () => {
  const { transaction, add, commits, stored } = await openNumbers();
  expect(await Promise.all(numbers(120).map((number) => transaction(add(number))))).toEqual(numbers(120));
  expect(commits()).toBe(3);
  expect(await stored()).toEqual(numbers(120));
});

test.each([0, 3, 9])("job %i is rolled back alone if it fails", async (place) => {
  const { transaction, add, commits, stored } = await openNumbers();
  const failure = new Error("no");
  const outcomes = await Promise.allSettled(
    numbers(10).map((number) =>
      transaction(async (em) => {
        await add(number)(em);
        if (number === place) throw failure;
        return number;
      }),
    ),
  );
  expect(outcomes).toEqual(
    numbers(10).map((value) =>
      value === place ? { status: "rejected", reason: failure } : { status: "fulfilled", value },
    ),
  );
  expect(commits()).toBe(1);
  expect(await stored()).toEqual(numbers(10).filter((number) => number !== place));
});

test("jobs run again if another one broke their transaction, and no commit is reported that didn't happen", async () => {
  const { transaction, add, stored } = await openNumbers();
  await transaction(add(100));
  const told: (number | string)[] = [];
  // As SQLite does when the disk is full: it rolls the whole transaction back.
  const breaking = (em: SqlEntityManager) => em.execute("insert or rollback into numbers values (100, 0)");
  await Promise.all(
    numbers(10).map((number) =>
      transaction<unknown>(number === 5 ? breaking : add(number)).then(
        async () => told.push(...((await stored()).includes(number) ? [number] : ["not stored"])),
        () => told.push("broken"),
      ),
    ),
  );
  expect(told).toHaveLength(10);
  expect(new Set(told)).toEqual(new Set([0, 1, 2, 3, 4, 6, 7, 8, 9, "broken"]));
});

test("a job fails alone if its savepoint can't be made, and the jobs before it run again", async () => {
  const { transaction, add, stored, breakNext } = await openNumbers();
  const outcomes = numbers(10).map((number) => {
    const outcome = transaction(async (em) => {
      if (number === 4) breakNext();
      return add(number)(em);
    });
    return outcome.catch(() => "broken");
  });
  expect(await Promise.all(outcomes)).toEqual([0, 1, 2, 3, 4, "broken", 6, 7, 8, 9]);
  expect(await stored()).toEqual([0, 1, 2, 3, 4, 6, 7, 8, 9]);
});

test("each job has its own instant", async () => {
  const { writing, add, rows: all } = await openNumbers();
  const instants = [3000, 1000, 2000].map((milliseconds) => new Date(milliseconds));
  await Promise.all(instants.map((now, number) => writing({ clientKey: "tests", now })(add(number))));
  expect((await all("select at from numbers order by number")).map(({ at }) => at)).toEqual([3000, 1000, 2000]);
});

test("a job that is aborted while it runs or waits changes nothing, and blocks no other one", async () => {
  const { writing, transaction, add, stored, commits } = await openNumbers();
  const [working, waiting] = [new AbortController(), new AbortController()];
  let wait!: () => void;
  const held = new Promise<void>((resolve) => (wait = resolve));
  const first = transaction(add(1));
  const ended = writing({ clientKey: "tests", signal: working.signal })(async (em) => {
    await add(2)(em);
    working.abort(new Error("too late"));
    // No caller waits for it, and no job follows.
    waiting.abort(new Error("gone"));
    await held;
  });
  const gone = writing({ clientKey: "tests", signal: waiting.signal })(add(3));
  await expect(ended).rejects.toThrow("too late");
  await expect(gone).rejects.toThrow("gone");
  wait();
  expect(await first).toBe(1);
  expect(await stored()).toEqual([1]);
  expect(commits()).toBe(1);
});
