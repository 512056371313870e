import { writeFileSync } from "node:fs";
import { setTimeout as pause } from "node:timers/promises";

import type { DatabaseName } from "./arguments.js";
import { makeBook } from "./book.js";
import { chart } from "./chart.js";
import { makeClocks } from "./clocks.js";
import { startCrowd } from "./crowd.js";
import { faultRounds } from "./fault-rounds.js";
import type { Stage } from "./faults/fault.js";
import { postgresStage } from "./faults/postgres-stage.js";
import { sqliteStage } from "./faults/sqlite-stage.js";
import { finalCheck } from "./final-check.js";
import { makeFindings, type Findings } from "./findings.js";
import { makePerson } from "./person.js";
import { startProcesses, type Processes } from "./processes.js";
import { randomOf } from "../random.js";
import { report } from "./report.js";
import { takeSamples } from "./samples.js";
import { makeOldTokens } from "./tokens.js";
import { makeTraffic } from "./traffic.js";
import { makeWindows } from "./windows.js";

// Before the first fault, so that there are posts that could be lost.
const warmUpMilliseconds = 5000;

/** Runs the soak on one database. Returns whether every promise was kept. */
export async function run(
  name: DatabaseName,
  asked: { readonly minutes: number; readonly count: number; readonly seed: number; readonly chartFile?: string },
): Promise<boolean> {
  const { minutes, count, seed, chartFile } = asked;
  let processes: Processes;
  const stage: Stage = name === "sqlite" ? sqliteStage((process) => processes.pid(process)) : await postgresStage();
  console.log(`${stage.name}: ${minutes} minutes, ${count} processes, seed ${seed}`);
  const clocks = makeClocks();
  const skipped = [...stage.skipped, ...(clocks.whyNot === undefined ? [] : [`clock steps, since ${clocks.whyNot}`])];
  for (const reason of skipped) console.log(`  SKIPPED: ${reason}`);
  const findings = makeFindings();
  processes = await startProcesses(count, stage.url, clocks, findings);
  const windows = makeWindows();
  const traffic = makeTraffic(processes, clocks, windows, findings);
  const oldTokens = makeOldTokens();
  const world = { traffic, book: makeBook(findings), oldTokens, findings, processes: count };

  // From the first process, whose tokens live as long as the run.
  const prober = makePerson(0, randomOf(seed), world);
  await prober.arrive(0);
  const until = performance.now() + minutes * 60_000;
  const samples = takeSamples(traffic, processes);
  const watch = setInterval(() => processes.watch(), 500);
  const crowd = startCrowd(seed, world);
  await pause(warmUpMilliseconds);
  const rounds = { stage, processes, clocks, windows, world, prober, random: randomOf(seed) };
  const recoveries = await faultRounds(until, rounds);
  await crowd.stop();
  await pause(Math.max(0, world.book.lastPublication() - Date.now()));
  const counts = await finalCheck(stage, prober, world);
  processes.watch();
  clearInterval(watch);
  checkGrowth(processes, findings);
  const taken = samples.stop();
  if (chartFile !== undefined) {
    const file = chartFile.replace(/(\.svg)?$/, `-${name}.svg`);
    writeFileSync(file, chart(`${stage.name}, ${count} processes, seed ${seed}`, taken, windows.all));
    console.log(`\nchart: ${file}`);
  }

  report({
    name: stage.name,
    minutes,
    recoveries,
    skipped,
    counts,
    traffic,
    oldTokens,
    processes,
    findings,
  });
  for (let process = 0; process < count; process += 1) await processes.stop(process);
  await stage.close();
  return findings.violations.length === 0;
}

// Growth after a start that is no leak: connections to the database, and memory that V8 and glibc keep for reuse.
const mostMoreHandles = 60;
const mostMoreMegabytes = 250;

/** Reports processes whose open files, sockets or memory have grown, though no client uses them any longer. */
function checkGrowth(processes: Processes, findings: Findings): void {
  for (const [process, { first, last }] of processes.handles().entries())
    if (last > first + mostMoreHandles) findings.violation("files or sockets stay open", { process, first, last });
  for (const [process, { first, last }] of processes.memory().entries())
    if (last > first + mostMoreMegabytes) findings.violation("memory grows", { process, first, last });
}
