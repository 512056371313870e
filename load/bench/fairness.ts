// Measures whether one client can block the others: the effect of a dozen attacks on users who read, write and sign in
// meanwhile, and on memory. It reports figures and never fails.
//   npm run bench:fairness -- --rows 1,3 --json after.json --before before.json --server ../older/dist/main.js
import { monitorEventLoopDelay } from "node:perf_hooks";

import { fairnessArguments } from "./fairness/arguments.js";
import { seededDatabase } from "../seeded-database.js";
import { figure, printTable, readFigures, writeFigures, type Figure } from "../figures.js";
import { fullPipe } from "./fairness/rows/ending.js";
import { floods } from "./fairness/rows/floods.js";
import { wrongLogins } from "./fairness/rows/logins.js";
import { deafSockets, eightfoldPages, titlesOfLongPosts, unfinishedBodies } from "./fairness/rows/memory.js";
import {
  abandonedSearches,
  repeatedWords,
  slowReadAtALimitOfOneSecond,
  slowReadsInALoop,
} from "./fairness/rows/reads.js";
import { manySessions } from "./fairness/rows/sessions.js";
import { twoProcesses } from "./fairness/rows/writes.js";
import { measureIdle, type Row } from "./fairness/stage.js";

const rows: Readonly<Record<number, Row>> = {
  1: repeatedWords,
  2: slowReadAtALimitOfOneSecond,
  3: slowReadsInALoop,
  4: abandonedSearches,
  5: eightfoldPages,
  6: deafSockets,
  7: unfinishedBodies,
  8: wrongLogins,
  9: titlesOfLongPosts,
  10: twoProcesses,
  11: fullPipe,
  12: floods,
  20: manySessions,
};

const args = fairnessArguments();
const seeded = seededDatabase(args.posts);
const started = performance.now();
const ownDelay = monitorEventLoopDelay({ resolution: 5 });
ownDelay.enable();

const { idle, figures: baseline } = await measureIdle(args.server, seeded);
const figures: Figure[] = [...baseline];
for (const [number, row] of Object.entries(rows)) {
  if (args.rows !== undefined && !args.rows.has(Number(number))) continue;
  const begun = performance.now();
  try {
    figures.push(...(await row({ main: args.server, seeded, idle })));
  } catch (error) {
    figures.push(figure(Number(number), "could not be measured", (error as Error).message));
  }
  console.error(`row ${number}: ${Math.round((performance.now() - begun) / 1000)} s`);
}

const about = {
  server: args.server,
  posts: args.posts,
  tookSeconds: Math.round((performance.now() - started) / 1000),
  /** The delay of this process itself, which is part of every latency. */
  ownDelayP99Ms: Math.round(ownDelay.percentile(99) / 1e4) / 100,
};
printTable(figures, args.before === undefined ? undefined : readFigures(args.before));
console.log(`\n${about.tookSeconds} s; the bench itself was late by ${about.ownDelayP99Ms} ms at its p99`);
if (args.json !== undefined) writeFigures(args.json, figures, about);
process.exit();
