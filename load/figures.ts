import { readFileSync, writeFileSync } from "node:fs";
import { cpus, release, totalmem } from "node:os";

/** A measurement. Its goal is the highest acceptable value, or the expected text. */
export type Figure = {
  readonly row: number;
  readonly what: string;
  readonly value: number | string;
  readonly unit: string;
  readonly goal?: number | string;
};

export const figure = (
  row: number,
  what: string,
  value: number | string,
  unit = "",
  goal?: number | string,
): Figure => ({
  row,
  what,
  value: typeof value === "string" ? value : Number.isFinite(value) ? Math.round(value * 100) / 100 : "unanswered",
  unit,
  ...(goal !== undefined && { goal: typeof goal === "number" ? Math.round(goal * 100) / 100 : goal }),
});

/** Marks the figures of an attack whose clients respect Retry-After. */
export const waiting = "waiting when told";

/** Reports whether a figure reaches its goal; undefined if it has none. */
function isMet({ value, goal }: Figure): boolean | undefined {
  if (goal === undefined) return undefined;
  return typeof goal === "number" ? typeof value === "number" && value <= goal : value === goal;
}

/** Prints figures as a table, beside those of an earlier run if there are any. */
export function printTable(figures: readonly Figure[], earlier: readonly Figure[] | undefined): void {
  const lines = figures.map((one) => {
    // A build that rejects nobody has no second figure, for clients that wait.
    const names = [one.what, one.what.replace(`, ${waiting}`, "")];
    const then = names.map((name) => earlier?.find(({ row, what }) => row === one.row && what === name)).find(Boolean);
    const met = isMet(one);
    return [
      String(one.row),
      one.what,
      ...(earlier === undefined ? [] : [then === undefined ? "" : shown(then)]),
      shown(one),
      one.goal === undefined ? "" : typeof one.goal === "number" ? `≤ ${one.goal} ${one.unit}` : one.goal,
      met === undefined ? "" : met ? "met" : "MISSED",
    ];
  });
  const head = ["row", "what", ...(earlier === undefined ? [] : ["before"]), "figure", "goal", ""];
  const widths = head.map((_, column) => Math.max(...[head, ...lines].map((line) => line[column]!.length)));
  for (const line of [head, widths.map((width) => "-".repeat(width)), ...lines])
    console.log(`| ${line.map((cell, column) => cell.padEnd(widths[column]!)).join(" | ")} |`);
}

const shown = ({ value, unit }: Figure) => (typeof value === "string" ? value : `${value} ${unit}`.trim());

export const readFigures = (file: string) =>
  (JSON.parse(readFileSync(file, "utf8")) as { figures: readonly Figure[] }).figures;

export function writeFigures(file: string, figures: readonly Figure[], about: object): void {
  const machine = {
    processor: cpus()[0]?.model,
    cores: cpus().length,
    memoryGb: Math.round(totalmem() / 1e9),
    linux: release(),
    node: process.versions.node,
  };
  const content = { date: new Date().toISOString(), machine, ...about, figures };
  writeFileSync(file, `${JSON.stringify(content, null, 2)}\n`);
}
