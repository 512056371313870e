// Tests whether Postern keeps its promises during faults: several processes on one database, people who use them, and
// faults in a random order that a seed repeats.
//   npm run soak -- --minutes 10 --database postgresql --processes 5 --seed 1 --chart soak.svg
import { soakArguments } from "./arguments.js";
import { run } from "./run.js";

const { minutes, databases, processes, seed, chart } = soakArguments();
const kept: boolean[] = [];
for (const name of databases)
  kept.push(
    await run(name, {
      minutes: minutes / databases.length,
      count: processes,
      seed,
      ...(chart !== undefined && { chartFile: chart }),
    }),
  );
process.exit(kept.every(Boolean) ? 0 : 1);
