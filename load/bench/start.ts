// Compares the start of this build with that of another one: node dist/main.js on a database that is up to date, and
// node dist/main.js --help. The builds take turns, so that a busy machine slows both. Times include Node's own start.
//   npm run bench:start -- --before ../older/dist/main.js --rounds 9
import { spawn } from "node:child_process";
import { once } from "node:events";
import { join, resolve } from "node:path";
import { setTimeout as pause } from "node:timers/promises";

import { readArguments, readNumber } from "../arguments.js";
import { printTable } from "../figures.js";
import { temporaryFolder } from "../seeded-database.js";
import { startServer } from "../server-process.js";
import { median } from "../statistics.js";

const values = readArguments({ rounds: "9" }, ["before"]);
const rounds = readNumber("rounds", values.rounds, 1, 1000);

/** Returns the milliseconds until ready, the CPU time until then, the memory when idle, and the milliseconds of --help. */
async function measure(main: string, database: string): Promise<number[]> {
  const started = performance.now();
  const server = await startServer({ main, database });
  const [ready, cpu] = [performance.now() - started, server.cpuSeconds() * 1000];
  await pause(2000);
  const memory = server.memory().now;
  await server.end();
  const asked = performance.now();
  await once(spawn(process.execPath, [main, "--help"], { stdio: "ignore" }), "exit");
  return [ready, cpu, memory, performance.now() - asked];
}

const builds = ["dist/main.js", ...(values.before === undefined ? [] : [values.before])].map((main) => ({
  main: resolve(main),
  database: join(temporaryFolder(), "postern.sqlite"),
  measured: [] as number[][],
}));
// The first start migrates, and brings the files into memory.
for (const { main, database } of builds) await measure(main, database);
for (let round = 0; round < rounds; round += 1)
  for (const { main, database, measured } of round % 2 === 0 ? builds : builds.toReversed())
    measured.push(await measure(main, database));

const lines = builds.map(({ main, measured }) => [
  main,
  ...measured[0]!.map((_, column) => median(measured.map((one) => one[column]!)).toFixed(0)),
]);
printTable(["build", "ready, ms", "CPU time, ms", "MB when idle", "--help, ms"], lines, 1);
process.exit();
