import { setTimeout as pause } from "node:timers/promises";

import type { Random } from "../../src/cli/seed/random.js";
import type { Clocks } from "./clocks.js";
import { recoveryMilliseconds, type FaultWindows } from "./fault-windows.js";
import type { Fault, TestedDatabase } from "./faults/fault.js";
import { processFaults } from "./faults/process-faults.js";
import { createPost } from "./posts.js";
import type { Processes } from "./processes.js";
import type { Run, User } from "./user.js";

/** For each kind of fault, every process's milliseconds from its end to the next read and write. */
export type Recoveries = Map<string, { times: number; readonly milliseconds: number[] }>;

type Rounds = {
  readonly database: TestedDatabase;
  readonly processes: Processes;
  readonly clocks: Clocks;
  readonly windows: FaultWindows;
  readonly run: Run;
  /** A user whose token outlives the run. */
  readonly prober: User;
  readonly random: Random;
};

/** Causes every fault in a random order, then again in another one, until the time is up. */
export async function causeFaults(until: number, rounds: Rounds): Promise<Recoveries> {
  const { database, processes, clocks, random } = rounds;
  const recoveries: Recoveries = new Map();
  const ofProcesses = processFaults(processes, clocks);
  let round: Fault[] = [];
  while (performance.now() < until) {
    if (round.length === 0) round = random.shuffled([...database.faults, ...ofProcesses]);
    const fault = round.pop()!;
    // Draw all random numbers before anything happens, so that they depend only on the seed.
    const hasSecond = random.next() < 0.25;
    const process = random.below(processes.count);
    const second = random.pick(ofProcesses);
    await Promise.all([
      cause(fault, process, rounds, recoveries),
      // Sometimes a fault of a process comes during one of the database.
      hasSecond && fault.isOfOneProcess !== true && pause(300).then(() => cause(second, process, rounds, recoveries)),
    ]);
    await pause(random.between(1000, 3000));
  }
  return recoveries;
}

async function cause(fault: Fault, process: number, rounds: Rounds, recoveries: Recoveries): Promise<void> {
  const { processes, windows, run, prober, random } = rounds;
  const { kind, isOfOneProcess = false } = fault;
  const window = windows.open({ ...fault, process: isOfOneProcess ? process : undefined });
  await fault.run(random, process, processes.server(process).pid);
  window.end = performance.now();
  // A delay by another fault is not a slow recovery from this one.
  while (windows.isAnyOpen()) await pause(10);
  const affected = isOfOneProcess ? [process] : Array.from({ length: processes.count }, (_, index) => index);
  const took = await Promise.all(affected.map((index) => recoveryOf(index, kind, prober, run)));
  const known = recoveries.get(kind) ?? { times: 0, milliseconds: [] };
  recoveries.set(kind, { times: known.times + 1, milliseconds: [...known.milliseconds, ...took] });
  const name = `${kind}${isOfOneProcess ? ` ${process}` : ""}`.padEnd(32);
  const seconds = ((window.end - window.begin) / 1000).toFixed(1);
  const recovered = `answers again after ${Math.round(Math.max(...took))} ms`;
  console.log(`  ${run.violations.secondsAt(window.begin).padStart(7)} s  ${name} ${seconds} s, ${recovered}`);
}

/** Returns the milliseconds from now until a process answers a read and a write. Too many are a violation. */
async function recoveryOf(process: number, fault: string, prober: User, run: Run): Promise<number> {
  const since = performance.now();
  const read = async () => (await prober.send("me", {}, { process })).code === "ok";
  const write = () => createPost(prober, run, process);
  const took = Math.max(...(await Promise.all([untilDone(read, since), untilDone(write, since)])));
  if (took > recoveryMilliseconds) run.violations.add("no recovery in time", { process, fault, took });
  return took;
}

/** Tries every 100 ms, however long earlier tries take: one that hangs must not hide that others succeed. */
async function untilDone(tryOnce: () => Promise<boolean>, since: number): Promise<number> {
  const tries: Promise<unknown>[] = [];
  const times: number[] = [];
  const measure = async () => (await tryOnce()) && times.push(performance.now() - since);
  while (times.length === 0 && performance.now() - since < 2 * recoveryMilliseconds) {
    tries.push(measure());
    await Promise.race([pause(100), tries.at(-1)]);
    // After an immediate failure, try again a moment later.
    if (times.length === 0) await pause(10);
  }
  await Promise.all(tries);
  return times[0] ?? Infinity;
}
