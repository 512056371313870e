// Whether ordinary users notice: all attacks of the fairness bench in rotation beside people who read, write, vote,
// search and sign in, for ten minutes or as long as it is told, and what memory comes to.
//   npm run bench:siege -- --duration 90s --json siege.json
import { setTimeout as pause } from "node:timers/promises";

import { fairnessArguments } from "./fairness/arguments.js";
import { seededDatabase } from "../seeded-database.js";
import { codesOf, summaryOf } from "../probe.js";
import { figure, printTable, readFigures, writeFigures } from "../figures.js";
import { startServer, type Server } from "../server-process.js";
import { attackInRotation, prepareAttacker } from "./fairness/siege-attacks.js";
import { startOrdinaryUsers } from "./fairness/siege-users.js";

const quietSeconds = 60;

const args = fairnessArguments();
const seconds = args.durationSeconds ?? 600;
const server = await startServer(args.server, seededDatabase(args.posts), { SEND_TIMEOUT: "3s" });

const attacker = await prepareAttacker(server);

/** Memory every five seconds, from the first minute of ordinary use to the minute without attacks at the end. */
const curve: { second: number; megabytes: number }[] = [];
const started = performance.now();
const sampler = setInterval(
  () => curve.push({ second: Math.round((performance.now() - started) / 1000), megabytes: server.memory().now }),
  5000,
);

const users = await startOrdinaryUsers(server);
const warmUpSeconds = Math.min(30, seconds / 4);
await pause(warmUpSeconds * 1000);
const before = server.memory().now;
server.resetPeak();
const attacks = await attackInRotation(server, attacker, (seconds - warmUpSeconds) * 1000);
const { peak } = server.memory();
// Ordinary use goes on, as it did before the attacks: a process that does nothing gives nothing back.
await quiet(server);
const samples = await users.stop();
clearInterval(sampler);
const { now: after } = server.memory();

const figures = Object.entries(samples).flatMap(([who, own]) => {
  const { codes, answeredShare, count, p50, p99, longest } = summaryOf(own);
  return [
    figure(0, `${who}: errors`, Math.round(count * (1 - answeredShare)), `of ${count}`, 0),
    figure(0, `${who}: codes`, codes),
    figure(0, `${who}: p50`, p50, "ms"),
    figure(0, `${who}: p99`, p99, "ms"),
    figure(0, `${who}: longest`, longest, "ms"),
  ];
});
figures.push(
  ...Object.entries(attacks).map(([attack, codes]) => figure(0, `attack ${attack}: answers`, codes)),
  figure(0, "memory before the attacks", before, "MB"),
  figure(0, "memory at most", peak, "MB", 500),
  figure(0, "memory after a minute without attacks", after, "MB", before * 1.25),
  figure(0, "the server", server.hasCrashed() ? "ended by itself" : "lives", "", "lives"),
  figure(0, "SIGTERM ends it after", (await server.end()) ?? "> 10000 ms", "ms", 6000),
);
printTable(figures, args.before === undefined ? undefined : readFigures(args.before));
console.log(`\nmemory (MB) every 5 s: ${curve.map(({ megabytes }) => megabytes).join(" ")}`);
console.log(
  `errors of ordinary users: ${codesOf(
    Object.values(samples)
      .flat()
      .filter(({ code }) => code !== "ok"),
  )}`,
);
if (args.json !== undefined)
  writeFigures(args.json, figures, { server: args.server, posts: args.posts, seconds, curve });
process.exit();

async function quiet({ hasCrashed }: Server): Promise<void> {
  for (let second = 0; second < quietSeconds && !hasCrashed(); second += 1) await pause(1000);
}
