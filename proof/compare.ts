import { readFileSync } from "node:fs";

import { differences, type Difference } from "./difference.js";
import type { Entry } from "./recorder.js";

type Kind = { readonly difference: Difference; count: number; readonly first: string };

/** Prints how two recordings differ. Returns true if nothing differs but wording. */
export function compare(beforeFile: string, afterFile: string): boolean {
  const [before, after] = [entriesIn(beforeFile), entriesIn(afterFile)];
  const kinds = new Map<string, Kind>();
  for (const [name, entry] of before) addDifferences(kinds, name, entry, after.get(name));
  for (const [name, entry] of after) if (!before.has(name)) addDifferences(kinds, name, undefined, entry);

  const [wording, others] = [true, false].map((isWording) =>
    [...kinds.values()].filter(({ difference }) => difference.isWording === isWording),
  );
  print("Wording", wording!);
  print("Behaviour", others!);
  console.log(
    `${before.size} and ${after.size} entries, of ${operationsIn(before)} and ${operationsIn(after)} operations`,
  );
  return others!.length === 0;
}

const operationsIn = (entries: ReadonlyMap<string, Entry>): number =>
  [...entries.values()].reduce((sum, { operations }) => sum + operations, 0);

function entriesIn(file: string): Map<string, Entry> {
  const lines = readFileSync(file, "utf8")
    .split("\n")
    .filter((line) => line !== "");
  return new Map(
    lines.map((line) => {
      const entry = JSON.parse(line) as Entry;
      return [`${entry.chapter} ${entry.step}`, entry];
    }),
  );
}

function addDifferences(kinds: Map<string, Kind>, name: string, before?: Entry, after?: Entry): void {
  const parts = (entry?: Entry) => (entry === undefined ? undefined : { asked: entry.asked, answer: entry.answer });
  for (const difference of differences(parts(before), parts(after))) {
    const key = JSON.stringify(difference);
    const kind = kinds.get(key);
    if (kind !== undefined) kind.count += 1;
    else kinds.set(key, { difference, count: 1, first: `${name}: ${brief((before ?? after)!.asked)}` });
  }
}

function print(title: string, kinds: readonly Kind[]): void {
  const count = kinds.reduce((sum, kind) => sum + kind.count, 0);
  console.log(`${title}: ${count} differences of ${kinds.length} kinds`);
  for (const { difference, count: times, first } of kinds.toSorted((a, b) => b.count - a.count)) {
    console.log(`\n  ${difference.pointer || "/"} (${times} times, first in ${first})`);
    console.log(`  - ${brief(difference.before)}`);
    console.log(`  + ${brief(difference.after)}`);
  }
  if (kinds.length > 0) console.log("");
}

function brief(value: unknown): string {
  const text = JSON.stringify(value) ?? "nothing";
  return text.length > 300 ? `${text.slice(0, 300)} …` : text;
}
