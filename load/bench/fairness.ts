// Measures whether one client can block the others: the effect of each attack on ordinary users and on memory. It reports
// figures and never fails.
//   npm run bench:fairness -- --rows 1,3 --json after.json --server ../older/dist/main.js
import { resolve } from "node:path";
import { setTimeout as pause } from "node:timers/promises";

import { readArguments, readNumber } from "../arguments.js";
import { clientOf, type Answer, type Client } from "../client.js";
import { documents } from "../documents.js";
import { figure, figureOfSamples, reportFigures, summaryOf, type Figure, type SampleGoals } from "../figures.js";
import { seededDatabase } from "../seeded-database.js";
import { startServer } from "../server-process.js";
import { listCounts } from "../statistics.js";
import { attacks, nameOf, prepareAttacker, startAttack, type Attack } from "./fairness/attack.js";
import { signInAll, signInAs, startUsers } from "./fairness/users.js";

const values = readArguments({ posts: "300000", server: "dist/main.js" }, ["rows", "json"]);
const rows = values.rows?.split(",").map(Number);
const main = resolve(values.server);
const database = seededDatabase(readNumber("posts", values.posts, 1000, 1e7));
const shutdownMilliseconds = 6000;
const memoryMegabytes = 500;

/** The p99 of the users' actions without an attack. */
const idle: Record<string, number> = {};
const goalsOf = (name: string): SampleGoals => {
  if (name === "me" || name === "a page of 20") return { p99: Math.max(5 * idle[name]!, 50), refusedPercent: 0 };
  if (name === "a search") return { refusedPercent: 1 };
  return name === "login" ? { longest: 1000, refusedPercent: 0 } : { refusedPercent: 0 };
};

/** Measures the users of a new server, during an attack if there is one. */
async function measureUsers(attack: Attack | undefined, isPatient: boolean): Promise<Figure[]> {
  const { row, seconds, settings = {}, content } = attack ?? { row: 0, seconds: 10 };
  const server = await startServer({ main, database, settings });
  const [users, attacker] = [await signInAll(server), await signInAs(server, "ada")];
  // Until the code is compiled.
  const stopWarmUp = await startUsers(users);
  await pause(2000);
  await stopWarmUp();
  server.resetPeak();

  const counts = new Map<string, number>();
  const running = attack && (await startAttack(attack, attacker, isPatient));
  const stopUsers = await startUsers(users, content);
  const stuckAt: number[] = [];
  const watch = setInterval(() => void (server.stuckSockets() > 0 && stuckAt.push(performance.now())), 50);
  // An attack may end by itself, and still have an effect.
  await Promise.all([pause(3500), Promise.race([pause(seconds * 1000), ...(running ? [running.over] : [])])]);
  clearInterval(watch);
  await running?.stop(counts);
  const samples = await stopUsers();
  const { peak } = server.memory();
  const end = await server.end(shutdownMilliseconds + 1000);
  if (attack === undefined) for (const [name, own] of samples) idle[name] = summaryOf(own).p99;
  const name = `${attack ? nameOf(attack) : "no attack"}${isPatient ? ", respecting Retry-After" : ""}`;
  return [
    figure(row, `${name}: answers`, listCounts(counts)),
    ...samples.map(([action, own]) => figureOfSamples(row, `${name}: ${action}`, own, goalsOf(action))),
    figure(row, `${name}: most memory`, peak === 0 ? "the server ended by itself" : peak, "MB", memoryMegabytes),
    ...(attack?.attack === "unreadPages"
      ? [figure(row, `${name}: closed after`, (stuckAt.at(-1) ?? 0) - (stuckAt[0] ?? 0), "ms", 5000)]
      : []),
    figure(row, `${name}: SIGTERM ends it after`, end ?? "too long", "ms", shutdownMilliseconds),
  ];
}

/** Measures during an attack, and if its clients were refused, again during one by clients that respect Retry-After. */
async function measureAttack(attack: Attack): Promise<Figure[]> {
  const eager = await measureUsers(attack, false);
  const isRefused = /SERVICE_UNAVAILABLE|HTTP 503/.test(eager[0]!.value);
  return isRefused ? [...eager, ...(await measureUsers(attack, true))] : eager;
}

const writers = 64;
/** Two processes that write to one file. */
async function twoProcesses(): Promise<Figure[]> {
  const servers = [await startServer({ main, database }), await startServer({ main, database })];
  const users = await signInAll(servers[0]!);
  // A token of one process is valid on the other.
  const spread = users.map(({ address, token }, index) => clientOf(servers[index % 2]!.url, address, token));
  const write = async (clients: readonly Client[], milliseconds: number): Promise<Answer[]> => {
    const end = performance.now() + milliseconds;
    const input = { title: "A post among many", content: "Written while others write. ".repeat(10) };
    const answers: Answer[] = [];
    const loop = async (client: Client) => {
      while (performance.now() < end) answers.push(await client.send(documents.createPost, { input }));
    };
    await Promise.all(Array.from({ length: writers }, (_, index) => loop(clients[index % clients.length]!)));
    return answers;
  };
  await write(spread, 2000);
  const [one, two] = [await write(users, 8000), await write(spread, 8000)];
  await Promise.all(servers.map((server) => server.end(0)));
  return [
    figureOfSamples(10, `${writers} writers, one process`, one),
    figureOfSamples(10, `${writers} writers, two processes`, two),
    figure(10, "p99 of two processes by that of one", summaryOf(two).p99 / summaryOf(one).p99, "", 2),
  ];
}

const preparing = await startServer({ main, database });
await prepareAttacker(preparing);
await preparing.end();
const works: readonly { readonly row: number; readonly work: () => Promise<Figure[]> }[] = [
  ...attacks.map((attack) => ({ row: attack.row, work: () => measureAttack(attack) })),
  { row: 10, work: twoProcesses },
];
const figures = await measureUsers(undefined, false);
for (const { row, work } of works) {
  if (rows !== undefined && !rows.includes(row)) continue;
  figures.push(
    ...(await work().catch((error: Error) => [figure(row, "could not be measured", error.message, "", "measured")])),
  );
  console.error(`row ${row}: ${figures.at(-1)!.what}`);
}
reportFigures(figures, values.json);
process.exit();
