// Compares the start of this build with that of another one: node dist/main.js on a database that is up to date, and
// node dist/main.js --help. The builds take turns, so that a busy machine slows both. Times include Node's own start.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { join, resolve } from "node:path";
import { setTimeout as pause } from "node:timers/promises";

import { readArguments, wholeNumber } from "../arguments.js";
import { temporaryFolder } from "../seeded-database.js";
import { startServer } from "../server-process.js";
import { median } from "../statistics.js";

const given = readArguments({ rounds: "9" }, ["before"]);
const rounds = wholeNumber("rounds", given.rounds, 1);
const idleMilliseconds = 2000;

type Build = {
  readonly main: string;
  readonly database: string;
  readonly ready: number[];
  readonly processor: number[];
  readonly memory: number[];
  readonly help: number[];
};

const builds = ["dist/main.js", ...(given.before === undefined ? [] : [given.before])].map((main): Build => ({
  main: resolve(main),
  database: join(temporaryFolder(), "postern.sqlite"),
  ready: [],
  processor: [],
  memory: [],
  help: [],
}));

async function serve({ main, database, ready, processor, memory }: Build): Promise<void> {
  const started = performance.now();
  const server = await startServer(main, database);
  ready.push(performance.now() - started);
  processor.push(server.processorSeconds() * 1000);
  await pause(idleMilliseconds);
  memory.push(server.memory().now);
  await server.end();
}

async function help({ main, help: figures }: Build): Promise<void> {
  const started = performance.now();
  await once(spawn(process.execPath, [main, "--help"], { stdio: "ignore" }), "exit");
  figures.push(performance.now() - started);
}

// The first start migrates, and brings the files into memory.
for (const build of builds) await (await startServer(build.main, build.database)).end();
for (let round = 0; round < rounds; round += 1)
  for (const build of round % 2 === 0 ? builds : builds.toReversed()) {
    await serve(build);
    await help(build);
  }

for (const { main, ready, processor, memory, help: helped } of builds)
  console.log(
    `${main}: ready after ${median(ready).toFixed(0)} ms, ${median(processor).toFixed(0)} ms of processor time, ` +
      `${median(memory)} MB when idle; --help after ${median(helped).toFixed(0)} ms (medians of ${rounds})`,
  );
process.exit();
