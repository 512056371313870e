// Measures whether ordinary users notice attacks: the attacks of the fairness bench in rotation, beside people who read,
// write, vote, search and sign in, and the memory of the server. It reports figures and never fails.
//   npm run bench:siege -- --seconds 90 --json siege.json
import { resolve } from "node:path";
import { setTimeout as pause } from "node:timers/promises";

import { readArguments, readNumber } from "../arguments.js";
import { figure, figureOfSamples, reportFigures } from "../figures.js";
import { seededDatabase } from "../seeded-database.js";
import { startServer } from "../server-process.js";
import { listCounts } from "../statistics.js";
import { attacks, nameOf, prepareAttacker, startAttack, type Attack } from "./fairness/attack.js";
import { signInAll, startUsers } from "./fairness/users.js";

const values = readArguments({ posts: "300000", seconds: "600", server: "dist/main.js" }, ["json"]);
const seconds = readNumber("seconds", values.seconds, 10, 86_400);
const server = await startServer({
  main: resolve(values.server),
  database: seededDatabase(readNumber("posts", values.posts, 1000, 1e7)),
  settings: { SEND_TIMEOUT: "3s" },
});
const attacker = await prepareAttacker(server);

const memory: number[] = [];
const sampler = setInterval(() => memory.push(server.memory().now), 5000);
const stopUsers = await startUsers(await signInAll(server));
const warmUpSeconds = Math.min(30, seconds / 4);
await pause(warmUpSeconds * 1000);
const before = server.memory().now;
server.resetPeak();
const end = performance.now() + (seconds - warmUpSeconds) * 1000;
const answers = await Promise.all(attacks.filter(({ restSeconds }) => restSeconds !== undefined).map(attackInTurns));
const { peak } = server.memory();
// Ordinary use goes on, as it did before the attacks: a process that does nothing frees nothing.
for (let second = 0; second < 60 && !server.hasCrashed(); second += 1) await pause(1000);
const samples = await stopUsers();
clearInterval(sampler);

const figures = [
  ...samples.map(([name, own]) => figureOfSamples(0, name, own, { refusedPercent: 0 })),
  ...answers,
  figure(0, "memory before the attacks", before, "MB"),
  figure(0, "memory at most", peak, "MB", 500),
  figure(0, "memory after a minute without attacks", server.memory().now, "MB", before * 1.25),
  figure(0, "the server", server.hasCrashed() ? "ended by itself" : "runs", "", "runs"),
  figure(0, "SIGTERM ends it after", (await server.end()) ?? "> 10000 ms", "ms", 6000),
];
reportFigures(figures, values.json);
console.log(`\nmemory (MB) every 5 s: ${memory.join(" ")}`);
process.exit();

/** Runs one attack again and again. In half of the rounds its clients respect Retry-After. */
async function attackInTurns(attack: Attack, index: number) {
  const counts = new Map<string, number>();
  const pauseUntilEnd = (most: number) => pause(Math.max(0, Math.min(most * 1000, end - performance.now())));
  await pause(index * 500);
  for (let round = 0; performance.now() < end && !server.hasCrashed(); round += 1) {
    const running = await startAttack(attack, attacker, round % 2 === 1);
    await pauseUntilEnd(attack.seconds);
    await running.stop(counts);
    await pauseUntilEnd(attack.restSeconds!);
  }
  return figure(attack.row, `attack ${nameOf(attack)}: answers`, listCounts(counts));
}
