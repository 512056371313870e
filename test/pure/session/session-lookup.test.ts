import { expect, test } from "vitest";

import type { Sql } from "../../../src/database/sql.js";
import { sqliteDialect } from "../../../src/database/sqlite/dialect.js";
import { sessionLookup, type SessionRow } from "../../../src/features/session/session-lookup.js";

type Row = SessionRow & { readonly number: number };

/** Returns a database whose statements the test ends, with the ids that each of them looked up. */
function heldDatabase() {
  const asked: string[][] = [];
  const ends: { answer: () => void; fail: (error: Error) => void }[] = [];
  const read = (statement: Sql) =>
    new Promise<Row[]>((resolve, reject) => {
      const ids = (JSON.parse(String(statement.in(sqliteDialect).values[0])) as [string, string][]).map(
        ([userId]) => userId,
      );
      asked.push(ids);
      const row = { email: "", registered_at: 0, session_id: "session", expires_at: 1, ended_at: null };
      const rows = ids.flatMap((name, number) => (name === "nobody" ? [] : [{ ...row, name, number }]));
      ends.push({ answer: () => resolve(rows), fail: reject });
    });
  return { asked, ends, lookUp: sessionLookup(read) };
}

const never = () => new AbortController().signal;
const turn = () => new Promise((resolve) => setImmediate(resolve));

test("batches look-ups that arrive while a statement is running into the next one", async () => {
  const { asked, ends, lookUp } = heldDatabase();
  const found = ["ada", "bob", "nobody", "chloe"].map(
    async (userId) => (await lookUp(userId, "session", never()))?.name,
  );
  expect(asked).toEqual([["ada"]]);
  ends[0]!.answer();
  await turn();
  expect(asked).toEqual([["ada"], ["bob", "nobody", "chloe"]]);
  ends[1]!.answer();
  expect(await Promise.all(found)).toEqual(["ada", "bob", undefined, "chloe"]);
});

test("rejects only the look-ups of a failed statement, and continues", async () => {
  const { asked, ends, lookUp } = heldDatabase();
  const [ada, bob] = [lookUp("ada", "session", never()), lookUp("bob", "session", never())];
  ends[0]!.fail(new Error("away"));
  await expect(ada).rejects.toThrow("away");
  await turn();
  ends[1]!.answer();
  expect((await bob)!.name).toBe("bob");

  const later = lookUp("chloe", "session", never());
  expect(asked.at(-1)).toEqual(["chloe"]);
  ends[2]!.answer();
  expect((await later)!.name).toBe("chloe");
});

test("ends the wait of one look-up at its signal, and not that of others", async () => {
  const { ends, lookUp } = heldDatabase();
  const over = new AbortController();
  const [ada, bob] = [lookUp("ada", "session", over.signal), lookUp("bob", "session", never())];
  over.abort(new Error("over"));
  await expect(ada).rejects.toThrow("over");
  ends[0]!.answer();
  await turn();
  ends[1]!.answer();
  expect((await bob)!.name).toBe("bob");
});

test("looks up at most 100 sessions at a time", async () => {
  const { asked, ends, lookUp } = heldDatabase();
  const found = Array.from({ length: 151 }, (_, index) => lookUp(`user ${index}`, "session", never()));
  for (const end of [0, 1, 2]) {
    ends[end]!.answer();
    await turn();
  }
  expect(asked.map(({ length }) => length)).toEqual([1, 100, 50]);
  expect((await Promise.all(found)).map((row) => row!.name)).toEqual(found.map((_, index) => `user ${index}`));
});
