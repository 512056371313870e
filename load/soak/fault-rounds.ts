import { setTimeout as pause } from "node:timers/promises";

import type { Clocks } from "./clocks.js";
import type { Fault, Stage } from "./faults/fault.js";
import { processFaults } from "./faults/process-faults.js";
import type { Person, World } from "./person.js";
import type { Processes } from "./processes.js";
import type { Random } from "../random.js";
import { recoveryOf } from "./recovery.js";
import type { Windows } from "./windows.js";

/** For each kind of fault, every process's milliseconds from its end to the next read and write. */
export type Recoveries = Map<string, { times: number; readonly milliseconds: number[] }>;

type Rounds = {
  readonly stage: Stage;
  readonly processes: Processes;
  readonly clocks: Clocks;
  readonly windows: Windows;
  readonly world: World;
  readonly prober: Person;
  readonly random: Random;
};

/** The share of faults of the database with a fault of a process at the same time. */
const bothAtOnce = 0.25;

const pollMilliseconds = 10;

/** Causes every fault in a random order, then again in another one, until the time is up. */
export async function faultRounds(until: number, rounds: Rounds): Promise<Recoveries> {
  const { stage, processes, clocks, random } = rounds;
  const recoveries: Recoveries = new Map();
  const ofProcesses = processFaults(processes, clocks);
  let round: Fault[] = [];
  while (performance.now() < until) {
    if (round.length === 0) round = random.shuffled([...stage.faults, ...ofProcesses]);
    const fault = round.pop()!;
    const doubled = fault.ofOneProcess !== true && random.next() < bothAtOnce;
    // Draw all random numbers before anything happens, so that they depend only on the seed.
    const struck = random.below(processes.count);
    const beside = random.pick(ofProcesses);
    await Promise.all([
      strike(fault, struck, rounds, recoveries),
      ...(doubled ? [pause(300).then(() => strike(beside, struck, rounds, recoveries))] : []),
    ]);
    await pause(random.between(1000, 3000));
  }
  return recoveries;
}

async function strike(fault: Fault, process: number, rounds: Rounds, recoveries: Recoveries): Promise<void> {
  const { processes, windows, world, prober, random } = rounds;
  const { kind, ofOneProcess } = fault;
  const window = windows.open({ ...fault, process: ofOneProcess === true ? process : undefined });
  await fault.run({ random, process });
  windows.close(window);
  const { secondsAt } = world.findings;
  // A delay by another fault is not a slow recovery from this one.
  while (windows.isAnyOpen()) await pause(pollMilliseconds);
  const all = Array.from({ length: processes.count }, (_, index) => index);
  const struck = ofOneProcess === true ? [process] : all;
  const took = await Promise.all(struck.map((index) => recoveryOf(index, kind, prober, world)));
  const known = recoveries.get(kind) ?? { times: 0, milliseconds: [] };
  recoveries.set(kind, { times: known.times + 1, milliseconds: [...known.milliseconds, ...took] });
  const where = ofOneProcess === true ? ` ${process}` : "";
  const lasted = ((window.end - window.begin) / 1000).toFixed(1);
  console.log(
    `  ${secondsAt(window.begin).padStart(7)} s  ${(kind + where).padEnd(32)} ${lasted} s, ` +
      `answers again after ${Math.round(Math.max(...took))} ms`,
  );
}
