// Tests that writers never deadlock: every writer of accounts and posts runs beside loops of every other one, on
// PostgreSQL. It prints the answers of each pair, and exits with 1 if there was an unexpected error or a deadlock.
//   npm run soak:locks -- --minutes 60 --database postgresql://127.0.0.1:5432/postern
// Without --database it starts a PostgreSQL server of its own. The database given must be one that may be written to.
import { setTimeout as pause } from "node:timers/promises";

import { startPostgres } from "../../test/support/postgres-server.js";
import { readArguments, readNumber } from "../arguments.js";
import { listCounts } from "../statistics.js";
import { allPairs, illegitimateOf, runRound } from "./locks/matrix.js";
import { openStage } from "./locks/stage.js";

const values = readArguments({ minutes: "60" }, ["database"]);
const minutes = readNumber("minutes", values.minutes, 0.1, 1440);
// Deadlocks are detected early, so that an hour can show more of them.
const own = values.database === undefined ? await startPostgres({ deadlock_timeout: "50ms" }) : undefined;
const stage = await openStage(values.database ?? own!.url);
const pairs = allPairs();
const started = performance.now();
const minutesPassed = () => (performance.now() - started) / 60_000;
const deadlocksBefore = await stage.deadlocks();

for (let rounds = 1; minutesPassed() < minutes; rounds += 1) {
  await runRound(stage, pairs, () => minutesPassed() >= minutes);
  if (rounds % 10 === 0) console.error(`${rounds} rounds, ${Math.round(minutesPassed())} min`);
}
// So that each connection reports its counts.
await pause(2000);
const deadlocks = (await stage.deadlocks()) - deadlocksBefore;

const wrong = pairs.filter((pair) => illegitimateOf(pair).length > 0);
for (const pair of pairs) {
  const mark = wrong.includes(pair) ? "WRONG " : "";
  console.log(`${mark}${pair.writer} beside ${pair.beside}: ${pair.rounds} rounds: ${listCounts(pair.codes)}`);
}
for (const line of stage.unexpected) console.log(`logged: ${line}`);
const least = Math.min(...pairs.map((pair) => pair.rounds));
console.log(`\n${pairs.length} pairs, each ${least} times or more, in ${Math.round(minutesPassed())} min`);
console.log(`${wrong.length} pairs with an error that isn't theirs, ${deadlocks} deadlocks`);
await stage.close();
await own?.stop();
process.exit(wrong.length === 0 && deadlocks === 0 && least > 0 ? 0 : 1);
