import { expect, onTestFinished, test } from "vitest";

import { openDatabase } from "../../../src/database/database.js";
import type { Read } from "../../../src/database/read.js";
import { openReader } from "../../../src/database/reader.js";
import { sql } from "../../../src/database/sql.js";
import { entities } from "../../../src/graphql/schema.js";
import { newFileUrl } from "../../support/files.js";
import { countStatements } from "../../support/statements.js";

async function newReader() {
  const database = await openDatabase(newFileUrl(), entities);
  onTestFinished(() => database.close(true));
  const reader = await openReader(database, { maxSlowReads: 10 });
  onTestFinished(reader.close);
  return reader;
}

const read = (clientKey: string): Read => ({ cost: "indexed", clientKey, oneRow: true });
const clientKeys = Array.from({ length: 30 }, (_, index) => `clientKey ${index % 3}`);

test("batches waiting statements of the same text, and returns each of them its own row", async () => {
  const reader = await newReader();
  const statements = countStatements();
  const before = statements().length;
  const answers = await Promise.all(
    clientKeys.map((clientKey, index) =>
      reader.all(sql`select ${index} as number, ${clientKey} as clientKey where ${index} <> 7`, read(clientKey)),
    ),
  );
  expect(answers.map((rows) => rows.map((row) => ({ ...(row as object) })))).toEqual(
    clientKeys.map((clientKey, number) => (number === 7 ? [] : [expect.objectContaining({ number, clientKey })])),
  );
  expect(statements().length - before).toBeLessThan(clientKeys.length / 2);
});

test("doesn't batch statements with different texts, or with several rows", async () => {
  const reader = await newReader();
  const statements = countStatements();
  const before = statements().length;
  await Promise.all([
    ...clientKeys.map((clientKey) => reader.all(sql`select ${clientKey} as clientKey`, { cost: "indexed", clientKey })),
    reader.all(sql`select 1 as one`, read("one")),
  ]);
  expect(statements().length - before).toBe(clientKeys.length + 1);
});

test("fails only the failing statement of a batch, and cancels no other one for an aborted one", async () => {
  const reader = await newReader();
  const over = new AbortController();
  const answers = clientKeys.map((clientKey, index) =>
    reader.all(sql`select json_extract(${index === 11 ? "no JSON" : `{"number":${index}}`}, '$.number') as number`, {
      ...read(clientKey),
      ...(index === 13 && { signal: over.signal }),
    }),
  );
  const settled = Promise.allSettled(answers);
  over.abort(new Error("over"));
  const outcomes = (await settled).map((one) =>
    one.status === "fulfilled" ? (one.value as { number: number }[])[0]!.number : (one.reason as Error).message,
  );
  const numbers: (number | string)[] = clientKeys.map((_, index) => index);
  expect(outcomes).toEqual(numbers.with(11, expect.stringMatching(/malformed JSON/)).with(13, "over"));
});
