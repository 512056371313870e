import { median } from "../bench/support.js";
import type { Recoveries } from "./fault-rounds.js";
import type { Findings } from "./findings.js";
import type { Processes } from "./processes.js";
import type { Traffic } from "./traffic.js";
import type { OldTokens } from "./tokens.js";

type Run = {
  readonly name: string;
  readonly minutes: number;
  readonly recoveries: Recoveries;
  readonly skipped: readonly string[];
  readonly counts: Readonly<Record<string, number>>;
  readonly traffic: Traffic;
  readonly oldTokens: OldTokens;
  readonly processes: Processes;
  readonly findings: Findings;
};

const mostShown = 40;

/** Prints what a run came to, in plain text. */
export function report(run: Run): void {
  const { recoveries, traffic, findings, processes } = run;
  const say = (text = "") => console.log(text);
  say(`\n${run.name}, ${run.minutes} minutes, ${processes.count} processes`);

  say("\nfaults: how often; a read and a write on every process answered after the end, median and worst (ms);");
  say("and how long after the end a request was sent that was still refused, at most (ms)");
  for (const [kind, { times, milliseconds }] of recoveries) {
    const [middle, worst] = [median(milliseconds), Math.max(...milliseconds)].map((value) => Math.round(value));
    const last = Math.round(traffic.lastRefusals.get(kind) ?? 0);
    say(`  ${kind.padEnd(36)} ${pad(times)} ${pad(middle)} ${pad(worst)} ${pad(last)}`);
  }
  for (const reason of run.skipped) say(`  SKIPPED: ${reason}`);

  say("\nrequests by their answers");
  for (const [code, count] of [...traffic.codes].toSorted(([, a], [, b]) => b - a))
    say(`  ${code.padEnd(36)} ${pad(count)}`);
  say(`  ${"answered later than their limit".padEnd(36)} ${pad(traffic.late())}`);

  say("\nwhat was written and ended");
  for (const [what, count] of Object.entries(run.counts)) say(`  ${what.padEnd(36)} ${pad(count)}`);
  for (const [what, count] of Object.entries(run.oldTokens.count()))
    say(`  ${`tokens ${what}`.padEnd(36)} ${pad(count)}`);

  say("\nmemory of each process since it was last started, first and last (MB)");
  say(
    `  ${processes
      .memory()
      .map(({ first, last }) => `${first} ${last}`)
      .join(", ")}`,
  );

  for (const line of processes.unexpected.slice(0, mostShown)) say(`\nlogged by ${line}`);
  const { violations } = findings;
  if (violations.length > 0) say(`\n${violations.length} violations`);
  for (const violation of violations.slice(0, mostShown)) say(`  ${violation}`);
  if (violations.length > mostShown) say(`  and ${violations.length - mostShown} more`);
  say(`\n${run.name}: ${violations.length === 0 ? "every promise was kept" : "PROMISES WERE BROKEN"}\n`);
}

const pad = (value: number | undefined): string => String(value ?? "").padStart(7);
