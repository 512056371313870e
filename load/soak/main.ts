// Tests whether Postern keeps its promises during faults: several processes on one database, people who use them, and
// faults in a random order that a seed repeats.
//   npm run soak -- --minutes 10 --database postgresql --processes 5 --seed 1
import { setTimeout as pause } from "node:timers/promises";

import { exitWith, readArguments, readNumber } from "../arguments.js";
import { printTable } from "../figures.js";
import { randomOf } from "../../src/cli/seed/random.js";
import { median } from "../statistics.js";
import { Clocks } from "./clocks.js";
import { causeFaults, type Recoveries } from "./fault-rounds.js";
import { FaultWindows } from "./fault-windows.js";
import { testedPostgres } from "./faults/postgres.js";
import { testedSqlite } from "./faults/sqlite.js";
import { finalCheck } from "./final-check.js";
import * as posts from "./posts.js";
import { Processes } from "./processes.js";
import { Requests } from "./requests.js";
import { OldTokens, User, type Run } from "./user.js";
import { Violations } from "./violations.js";

const values = readArguments({ minutes: "60", processes: "5", seed: "1" }, ["database"]);
const count = readNumber("processes", values.processes, 2, 12);
const seed = readNumber("seed", values.seed, 0, 2 ** 32);
const names = ["sqlite", "postgresql"].filter((name) => [undefined, name].includes(values.database));
if (names.length === 0) exitWith("--database takes sqlite or postgresql; without it both are used");
const minutes = readNumber("minutes", values.minutes, 0.1, 1440) / names.length;

/** The actions of users, each with its share in percent. */
const habits: readonly (readonly [number, (user: User, run: Run) => Promise<unknown>])[] = [
  [22, posts.readPage],
  [14, posts.readOwnPost],
  [8, posts.searchPost],
  [16, posts.createPost],
  [8, posts.updatePost],
  [3, posts.deletePost],
  [10, (user, run) => posts.vote(user, run, true)],
  [5, (user, run) => posts.vote(user, run, false)],
  [3, (user) => user.refresh()],
  [2, (user) => user.logOut()],
  [0.5, (user) => user.logOutEverywhere()],
  [8.5, (user) => user.tryOldToken()],
];
// So many users send some forty requests a second.
const users = 16;

/** Lets a user do one thing after another until the signal. */
async function useUntil(signal: AbortSignal, number: number, run: Run): Promise<void> {
  const random = randomOf(seed * 1000 + number);
  const user = new User(number, random, run);
  while (!signal.aborted) {
    if (await user.ensureSession()) {
      let chance = random.next() * 100;
      const [, act] = habits.find(([share]) => (chance -= share) < 0) ?? habits[0]!;
      await act(user, run);
    }
    await pause(random.between(150, 500));
  }
}

/** Runs the soak on one database. Returns whether every promise was kept. */
async function soak(name: string): Promise<boolean> {
  const database = name === "sqlite" ? testedSqlite() : await testedPostgres();
  console.log(`${database.name}: ${minutes} minutes, ${count} processes, seed ${seed}`);
  const clocks = new Clocks();
  const skipped = [...database.skipped, ...(clocks.whyNot === undefined ? [] : [`clock steps: ${clocks.whyNot}`])];
  for (const reason of skipped) console.log(`  SKIPPED: ${reason}`);
  const violations = new Violations();
  const processes = new Processes(count, database.url, clocks, violations);
  await processes.startAll();
  const windows = new FaultWindows();
  const requests = new Requests(processes, clocks, windows, violations);
  const oldTokens = new OldTokens();
  const run: Run = { requests, posts: new posts.KnownPosts(violations), oldTokens, violations, processes: count };

  const prober = new User(0, randomOf(seed), run);
  // From the first process, whose tokens live as long as the run.
  await prober.ensureSession(0);
  const until = performance.now() + minutes * 60_000;
  const watch = setInterval(() => processes.watch(), 500);
  const ending = new AbortController();
  const using = Array.from({ length: users }, (_, index) => useUntil(ending.signal, index + 1, run));
  // Before the first fault, so that there are posts that could be lost.
  await pause(5000);
  const random = randomOf(seed);
  const recoveries = await causeFaults(until, { database, processes, clocks, windows, run, prober, random });
  ending.abort();
  await Promise.all(using);
  await pause(Math.max(0, run.posts.lastPublication() - Date.now()));
  const counts = await finalCheck(database, prober, run);
  processes.watch();
  clearInterval(watch);

  console.log(`\n${database.name}, ${minutes} minutes, ${count} processes`);
  reportRecoveries(recoveries, windows, requests);
  console.log("\nrequests by their answers");
  for (const [code, times] of [...requests.codes].toSorted(([, a], [, b]) => b - a)) printLine(code, times);
  printLine("answered later than their limit", requests.late);
  console.log("\nwhat was written and ended");
  for (const [what, times] of Object.entries(counts)) printLine(what, times);
  printLine("tokens ended", oldTokens.ended().length);
  printLine("tokens expired", oldTokens.expired().length);
  processes.checkGrowth();
  for (const line of processes.unexpected.slice(0, 40)) console.log(`\nlogged by ${line}`);
  for (const violation of violations.all.slice(0, 40)) console.log(`  ${violation}`);
  const result = violations.all.length === 0 ? "every promise was kept" : `${violations.all.length} VIOLATIONS`;
  console.log(`\n${database.name}: ${result}\n`);

  for (let process = 0; process < count; process += 1) await processes.stop(process);
  await database.close();
  return violations.all.length === 0;
}

const printLine = (what: string, number: number) => console.log(`  ${what.padEnd(36)} ${String(number).padStart(8)}`);

/** Prints, for each kind of fault, how many refusals it explains, and the milliseconds from its end to the recovery. */
function reportRecoveries(recoveries: Recoveries, { all }: FaultWindows, { lastRefusals }: Requests): void {
  const lines = [...recoveries].map(([kind, { times, milliseconds }]) => {
    const refusals = all.filter((window) => window.kind === kind).reduce((sum, window) => sum + window.refusals, 0);
    const figures = [times, refusals, median(milliseconds), Math.max(...milliseconds), lastRefusals.get(kind) ?? 0];
    return [kind, ...figures.map((number) => number.toFixed(0))];
  });
  printTable(["fault", "times", "refusals", "recovery: median ms", "worst ms", "last refusal ms"], lines, 1);
}

const results: boolean[] = [];
for (const name of names) results.push(await soak(name));
process.exit(results.every(Boolean) ? 0 : 1);
