import { setTimeout as pause } from "node:timers/promises";

import type { DatabaseName } from "./arguments.js";
import { makeBook } from "./book.js";
import { startCrowd } from "./crowd.js";
import { faultRounds } from "./fault-rounds.js";
import type { Stage } from "./faults/fault.js";
import { postgresStage } from "./faults/postgres-stage.js";
import { sqliteStage } from "./faults/sqlite-stage.js";
import { finalCheck } from "./final-check.js";
import { makeFindings } from "./findings.js";
import { makePerson } from "./person.js";
import { startProcesses, type Processes } from "./processes.js";
import { randomOf } from "./random.js";
import { report } from "./report.js";
import { makeOldTokens } from "./tokens.js";
import { makeTraffic } from "./traffic.js";
import { makeWindows } from "./windows.js";

// Before the first fault, so that there are posts to lose.
const warmUpMilliseconds = 5000;

/** One run on one database. Answers whether every promise was kept. */
export async function run(
  name: DatabaseName,
  { minutes, count, seed }: { readonly minutes: number; readonly count: number; readonly seed: number },
): Promise<boolean> {
  let processes: Processes;
  const stage: Stage = name === "sqlite" ? sqliteStage((process) => processes.pid(process)) : await postgresStage();
  console.log(`${stage.name}: ${minutes} minutes, ${count} processes, seed ${seed}`);
  for (const reason of stage.skipped) console.log(`  SKIPPED: ${reason}`);
  const findings = makeFindings();
  processes = await startProcesses(count, stage.url, findings);
  const windows = makeWindows();
  const traffic = makeTraffic(processes, windows, findings);
  const oldTokens = makeOldTokens();
  const world = { traffic, book: makeBook(findings), oldTokens, findings, processes: count };

  // From the first process, whose tokens live as long as the run.
  const prober = makePerson(0, randomOf(seed), world);
  await prober.arrive(0);
  const until = performance.now() + minutes * 60_000;
  const watch = setInterval(() => processes.watch(), 500);
  const crowd = startCrowd(seed, world);
  await pause(warmUpMilliseconds);
  const rounds = { stage, processes, windows, world, prober, random: randomOf(seed) };
  const recoveries = await faultRounds(until, rounds);
  await crowd.stop();
  const counts = await finalCheck(stage, prober, world);
  processes.watch();
  clearInterval(watch);

  report({
    name: stage.name,
    minutes,
    recoveries,
    skipped: stage.skipped,
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
