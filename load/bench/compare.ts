// Compares Postern's speed with alternatives: the same operations on the same file, in turns, on one machine.
//   npm run bench                some minutes; -- --write renews load/bench/results.json and load/bench/results.svg
//   npm run bench -- --rows page,me --with "by hand"     some of the operations, beside some of the others
//   npm run bench -- --pinned    the servers on one core, the clients on another one
//   npm run bench -- --quick     a minute; fails if Postern needs much more CPU time than a server written by hand
import { execFileSync, spawnSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { cpus, release } from "node:os";

import { readArguments } from "../arguments.js";
import { askChild, forkModule } from "../child.js";
import { clientOf, dataOf, signIn } from "../client.js";
import { printTable } from "../figures.js";
import { headOf } from "../raw-request.js";
import { seededDatabase, seededPassword } from "../seeded-database.js";
import { median, quantile } from "../statistics.js";
import { chart, type Result } from "./compare/chart.js";
import { descriptions, startContestant, type Contestant, type Name } from "./compare/contestants.js";
import type { Load, Outcome } from "./compare/loader.js";

const posts = 10_000;
const rounds = 3;
const warmUpMilliseconds = 2000;
// The newest user, who wrote little: the page has other users' posts, as it does for most people.
const credentials = { email: "member20@demo.example.com", password: seededPassword };
const newPost = { title: "A post of the bench", content: "Nothing to see here. ".repeat(15).trim() };

const flags = ["quick", "write", "pinned"] as const;
const { quick, write, pinned, ...values } = readArguments({ with: "on PostgreSQL,by hand" }, ["rows"], flags);
const roundMilliseconds = quick ? 1200 : 2500;
const hasTaskset = spawnSync("taskset", ["--version"]).error === undefined;
if (pinned && !hasTaskset) console.error("Not pinned: taskset is not installed.");
const [serverCore, clientCore] = pinned && hasTaskset ? [0, 1] : [];

const others = quick ? ["by hand"] : values.with.split(",");
const names = (Object.keys(descriptions) as Name[]).filter((name) => name === "Postern" || others.includes(name));
const database = seededDatabase(posts);
const contestants: Contestant[] = [];
for (const name of names) contestants.push(await startContestant(name, database, serverCore));
const loader = await forkModule(new URL("compare/loader.ts", import.meta.url), clientCore);

const address = "10.0.0.1";
const login = ({ server }: Contestant) => signIn(server.url, address, credentials.email, credentials.password);
const client = await login(contestants[0]!);
// PostgreSQL has a copy that was made before this session.
const onPostgres = contestants.find(({ name }) => name === "on PostgreSQL");
const tokenOnPostgres = onPostgres && (await login(onPostgres)).token;
const tokenOf = (contestant: Contestant) => (contestant === onPostgres ? tokenOnPostgres : client.token)!;
const postId = (await dataOf(client.send("{ posts(first: 1, offset: 8000) { nodes { id } } }"))).posts.nodes[0].id;

type Row = {
  readonly title: string;
  readonly query: string;
  readonly variables?: object;
  readonly connections?: number;
  /**
   * The quick bench fails if the operation costs Postern more than this many times the CPU time of the server by hand. It
   * is above the measured ratio, because machines differ and run other work too.
   */
  readonly mostCpuRatio: number;
};
const post = "id title content published createdAt author { id name }";
/** The operations: reads first, since new posts are at the top of every page from then on. */
const allRows: Readonly<Record<string, Row>> = {
  page: { title: "page of 20 posts", query: `{ posts(first: 20) { nodes { ${post} } } }`, mostCpuRatio: 1.9 },
  post: {
    title: "one post",
    query: `query ($id: ID!) { post(id: $id) { ${post} } }`,
    variables: { id: postId },
    mostCpuRatio: 2.6,
  },
  me: { title: "me", query: "{ me { id name } }", mostCpuRatio: 1.9 },
  typename: { title: "__typename", query: "{ __typename }", mostCpuRatio: 1.9 },
  createPost: {
    title: "createPost",
    query:
      "mutation ($input: CreatePostInput!) { createPost(input: $input) { post { title content published author { id name } } } }",
    variables: { input: newPost },
    mostCpuRatio: 2.5,
  },
  login: {
    title: "login",
    query: "mutation ($input: LoginInput!) { login(input: $input) { tokenType user { id name } } }",
    variables: { input: credentials },
    connections: 4,
    mostCpuRatio: 1.9,
  },
};
const chosen = values.rows?.split(",") ?? Object.keys(allRows);
const rows = Object.entries(allRows).filter(([name]) => chosen.includes(name));

for (const contestant of contestants) await measure(contestant, allRows["page"]!, warmUpMilliseconds);
const results: Result[] = [];
for (const [name, row] of rows) {
  await requireSameAnswers(row);
  results.push(...(await measureAll(name, row)));
  console.error(`measured: ${row.title}`);
}
printTable(
  ["operation", "by", "a second", "p50 ms", "p99 ms", "CPU µs", "MB"],
  results.map(({ title, name, requestsPerSecond, p50, p99, cpuMicroseconds, memoryMegabytes }) =>
    [title, name, requestsPerSecond, p50.toFixed(1), p99.toFixed(1), cpuMicroseconds, memoryMegabytes].map(String),
  ),
  2,
);
if (write) writeResults();
await Promise.all(contestants.map(({ server }) => server.end(0)));
process.exit(quick && !areWithinBounds() ? 1 : 0);

/** Prints each operation's ratio of CPU time, and reports whether all are accepted. */
function areWithinBounds(): boolean {
  console.log("\nCPU time, as a multiple of the server's by hand:");
  const found = rows.map(([name, { title, mostCpuRatio }]) => {
    const [ours, byHand] = results.filter(({ row }) => row === name);
    const ratio = ours!.cpuMicroseconds / byHand!.cpuMicroseconds;
    console.log(`  ${title}: ${ratio.toFixed(2)}, at most ${mostCpuRatio} is accepted`);
    return ratio <= mostCpuRatio;
  });
  return found.every(Boolean);
}

/** Compares the answers before anything is timed. */
async function requireSameAnswers({ title, query, variables }: Row): Promise<void> {
  const answers = contestants.map(async (contestant) =>
    JSON.stringify(await dataOf(clientOf(contestant.server.url, address, tokenOf(contestant)).send(query, variables))),
  );
  const different = new Set(await Promise.all(answers));
  if (different.size > 1) throw new Error(`${title}: the answers differ\n${[...different].join("\n")}`);
}

async function measureAll(name: string, row: Row): Promise<Result[]> {
  const measured = new Map(contestants.map((contestant) => [contestant, [] as Measured[]]));
  for (const contestant of contestants) await measure(contestant, row, 500);
  // In turns, so that a temporary slowdown of the machine affects all.
  for (let round = 0; round < rounds; round += 1)
    for (const [contestant, own] of measured) own.push(await measure(contestant, row, roundMilliseconds));
  return [...measured].map(([contestant, own]) => {
    const medianOf = (key: keyof Measured) => Math.round(median(own.map((one) => one[key])) * 100) / 100;
    const keys = ["requestsPerSecond", "p50", "p99", "memoryMegabytes", "cpuMicroseconds"] as const;
    const medians = Object.fromEntries(keys.map((key) => [key, medianOf(key)])) as Measured;
    return { row: name, title: row.title, name: contestant.name, ...medians };
  });
}

type Measured = Omit<Result, "row" | "title" | "name">;

async function measure(contestant: Contestant, row: Row, milliseconds: number): Promise<Measured> {
  const { name, server } = contestant;
  const { title, query, variables = {}, connections = 32 } = row;
  const body = JSON.stringify({ query, variables });
  const headers = {
    "content-type": "application/json",
    accept: "application/json",
    authorization: `Bearer ${tokenOf(contestant)}`,
  };
  const request = headOf(headers, Buffer.byteLength(body)) + body;
  const load: Load = { port: Number(new URL(server.url).port), connections, milliseconds, request };
  const before = server.cpuSeconds();
  const { seconds, latencies, failures } = (await askChild(loader, load)) as Outcome;
  if (failures > 0) throw new Error(`${name} refused ${failures} requests: ${title}`);
  return {
    requestsPerSecond: Math.round(latencies.length / seconds),
    p50: median(latencies),
    p99: quantile(latencies, 0.99),
    memoryMegabytes: server.memory().now,
    cpuMicroseconds: Math.round(((server.cpuSeconds() - before) * 1e6) / latencies.length),
  };
}

/** Renews the results in the repository: figures as JSON, and a chart of them. */
function writeResults(): void {
  const date = new Date().toISOString().slice(0, 10);
  const machine = `${cpus()[0]?.model ?? "unknown processor"}, ${cpus().length} cores, Linux ${release()}, Node ${process.versions.node}`;
  const isPinned = serverCore !== undefined;
  const how = { posts, connections: 32, rounds, roundMilliseconds, pinned: isPinned };
  const file = "load/bench/results.json";
  writeFileSync(file, JSON.stringify({ date, machine, how, contestants: descriptions, results }));
  execFileSync(process.execPath, ["node_modules/oxfmt/bin/oxfmt", file]);
  const cores = isPinned ? "server on one core, clients on another" : "server and clients share the cores";
  writeFileSync("load/bench/results.svg", chart(results, `${date} · ${machine} · ${cores}`));
}
