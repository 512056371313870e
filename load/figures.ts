import { writeFileSync } from "node:fs";

import { listCodes, median, quantile } from "./statistics.js";
import type { Sample } from "./probe.js";

/** A line of a report. `isMet` is undefined if there is no goal. */
export type Figure = {
  readonly row: number;
  readonly what: string;
  readonly value: string;
  readonly goal: string;
  readonly isMet: boolean | undefined;
};

/** Makes a figure. The goal is the highest acceptable number, or the expected text. */
export function figure(row: number, what: string, value: number | string, unit = "", goal?: number | string): Figure {
  const show = (of: number | string) => (typeof of === "string" ? of : `${Math.round(of * 100) / 100} ${unit}`.trim());
  const isMet = typeof goal === "number" ? typeof value === "number" && value <= goal : value === goal;
  return {
    row,
    what,
    value: value === Infinity ? "none" : show(value),
    goal: goal === undefined ? "" : `${typeof goal === "number" ? "≤ " : ""}${show(goal)}`,
    isMet: goal === undefined ? undefined : isMet,
  };
}

export type SampleGoals = { readonly p99?: number; readonly longest?: number; readonly refusedPercent?: number };

/** Summarizes samples in one figure: the codes, and latencies in milliseconds. */
export function figureOfSamples(row: number, what: string, samples: readonly Sample[], goals: SampleGoals = {}) {
  const { p50, p99, longest, refusedPercent } = summaryOf(samples);
  const times = `p50 ${p50.toFixed(1)}, p99 ${p99.toFixed(1)}, longest ${longest.toFixed(0)} ms`;
  const measured = { p99, longest, refusedPercent };
  const goal = Object.entries(goals).map(([name, most]) => `${name} ≤ ${Math.round(most)}`);
  const isMet = Object.entries(goals).every(([name, most]) => measured[name as keyof SampleGoals] <= most);
  const value = `${times}; ${listCodes(samples)}`;
  return { row, what, value, goal: goal.join(", "), isMet: goal.length === 0 ? undefined : isMet };
}

export function summaryOf(samples: readonly Sample[]) {
  const times = samples.length === 0 ? [Infinity] : samples.map(({ milliseconds }) => milliseconds);
  const refused = samples.filter(({ code }) => code !== "ok").length;
  return {
    p50: median(times),
    p99: quantile(times, 0.99),
    longest: Math.max(...times),
    refusedPercent: samples.length === 0 ? 100 : (refused / samples.length) * 100,
  };
}

/** Prints a table. The columns from `numbersFrom` on are aligned to the right. */
export function printTable(head: readonly string[], lines: readonly (readonly string[])[], numbersFrom = Infinity) {
  const widths = head.map((_, column) => Math.max(...[head, ...lines].map((line) => line[column]!.length)));
  const pad = (cell: string, column: number) =>
    column < numbersFrom ? cell.padEnd(widths[column]!) : cell.padStart(widths[column]!);
  for (const line of [head, widths.map((width) => "-".repeat(width)), ...lines])
    console.log(`| ${line.map(pad).join(" | ")} |`);
}

/** Prints figures, and writes them to a file if one is given. */
export function reportFigures(figures: readonly Figure[], file?: string): void {
  const mark = (isMet: boolean | undefined) => (isMet === undefined ? "" : isMet ? "met" : "MISSED");
  printTable(
    ["row", "what", "figure", "goal", ""],
    figures.map(({ row, what, value, goal, isMet }) => [String(row), what, value, goal, mark(isMet)]),
  );
  if (file !== undefined) writeFileSync(file, `${JSON.stringify(figures, null, 2)}\n`);
}
