import { execFileSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { cpus, release } from "node:os";
import { resolve } from "node:path";

import { chart } from "./chart.js";
import { descriptions, type Name } from "./contestants.js";
import type { Measured } from "./measure.js";

/** The medians of one contestant at one work, with requests a second as a multiple of the server written by hand. */
export type Result = Measured & {
  readonly work: string;
  readonly title: string;
  readonly name: Name;
  readonly ratio?: number;
};
export type Memory = readonly { readonly name: Name; readonly megabytes: number }[];

export function printResults(results: readonly Result[], memory: Memory): void {
  const head = ["work", "by", "a second", "p50 ms", "p99 ms", "CPU µs", "by hand = 1"];
  const lines = results.map((one) => [
    one.title,
    one.name,
    one.requestsPerSecond.toFixed(0),
    one.p50.toFixed(1),
    one.p99.toFixed(1),
    one.processorMicroseconds.toFixed(0),
    one.ratio?.toFixed(2) ?? "",
  ]);
  const widths = head.map((_, column) => Math.max(...[head, ...lines].map((line) => line[column]!.length)));
  const shown = (line: readonly string[]) =>
    `| ${line.map((cell, column) => (column < 2 ? cell.padEnd(widths[column]!) : cell.padStart(widths[column]!))).join(" | ")} |`;
  console.log(shown(head));
  console.log(
    `| ${widths.map((width, column) => "-".repeat(width - (column < 2 ? 0 : 1)) + (column < 2 ? "" : ":")).join(" | ")} |`,
  );
  for (const line of lines) console.log(shown(line));
  console.log(`\nmemory after all of it: ${memory.map(({ name, megabytes }) => `${name} ${megabytes} MB`).join(", ")}`);
}

/** Renews the results in the repository: figures as JSON, and a chart of them. */
export function writeResults(results: readonly Result[], memory: Memory, how: object): void {
  const date = new Date().toISOString().slice(0, 10);
  const machine = `${cpus()[0]?.model ?? "unknown processor"}, ${cpus().length} cores, Linux ${release()}, Node ${process.versions.node}`;
  const file = resolve("load/bench/results.json");
  const rounded = results.map((one) => ({
    ...one,
    requestsPerSecond: Math.round(one.requestsPerSecond),
    p50: round(one.p50),
    p99: round(one.p99),
    processorMicroseconds: Math.round(one.processorMicroseconds),
    ...(one.ratio !== undefined && { ratio: round(one.ratio) }),
  }));
  writeFileSync(file, JSON.stringify({ date, machine, how, contestants: descriptions, memory, results: rounded }));
  execFileSync(process.execPath, ["node_modules/oxfmt/bin/oxfmt", file]);
  writeFileSync(resolve("load/bench/results.svg"), chart(results, `${date} · ${machine}`));
}

const round = (figure: number) => Math.round(figure * 100) / 100;
