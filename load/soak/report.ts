import { median } from "../statistics.js";
import type { Recoveries } from "./fault-rounds.js";
import type { Findings } from "./findings.js";
import type { FirstAndLast, Processes } from "./processes.js";
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

/** Prints the results of a run, in plain text. */
export function report(run: Run): void {
  const { recoveries, traffic, findings, processes } = run;
  const say = (text = "") => console.log(text);
  say(`\n${run.name}, ${run.minutes} minutes, ${processes.count} processes`);

  say(
    "\nfaults: how often each, how many answers other than ok it explains; after its end, milliseconds until a read and",
  );
  say("a write were answered, of all processes the median and the worst, and until the last request that was still");
  say("refused was sent");
  const line = (first: string, ...rest: readonly (string | number)[]) =>
    say(`  ${first.padEnd(36)} ${rest.map((value) => String(value).padStart(8)).join(" ")}`);
  line("", "times", "refusals", "median", "worst", "last");
  for (const [kind, { times, milliseconds }] of recoveries) {
    const [middle, worst] = [median(milliseconds), Math.max(...milliseconds)].map((value) => Math.round(value));
    const own = traffic.windows.all.filter((window) => window.kind === kind);
    const refusals = own.reduce((sum, window) => sum + window.refusals, 0);
    line(kind, times, refusals, middle!, worst!, Math.round(traffic.lastRefusals.get(kind) ?? 0));
  }
  for (const reason of run.skipped) say(`  SKIPPED: ${reason}`);

  say("\nrequests by their answers");
  for (const [code, count] of [...traffic.codes].toSorted(([, a], [, b]) => b - a)) line(code, count);
  line("answered later than their limit", traffic.late());

  say("\nwhat was written and ended");
  for (const [what, count] of Object.entries(run.counts)) line(what, count);
  for (const [what, count] of Object.entries(run.oldTokens.count())) line(`tokens ${what}`, count);

  const pairs = (all: readonly FirstAndLast[]) => all.map(({ first, last }) => `${first} ${last}`).join(", ");
  say("\nof each process since it was last started, first and last: memory (MB), and open files and sockets");
  say(`  ${pairs(processes.memory())}`);
  say(`  ${pairs(processes.handles())}`);

  for (const logged of processes.unexpected.slice(0, mostShown)) say(`\nlogged by ${logged}`);
  const { violations } = findings;
  if (violations.length > 0) say(`\n${violations.length} violations`);
  for (const violation of violations.slice(0, mostShown)) say(`  ${violation}`);
  if (violations.length > mostShown) say(`  and ${violations.length - mostShown} more`);
  say(`\n${run.name}: ${violations.length === 0 ? "every promise was kept" : "PROMISES WERE BROKEN"}\n`);
}
