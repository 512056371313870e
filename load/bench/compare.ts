// Compares Postern's speed with alternatives: the same work on the same file, in turns, on one machine.
//   npm run bench               ten minutes; -- --write renews bench/results.json and bench/results.svg
//   npm run bench -- --only page,me --with "by hand"    some of the work, beside some of the others
//   npm run bench -- --quick    under a minute, only Postern and the plain stack; fails if Postern falls behind
import { parseArgs } from "node:util";

import { startContestants, type Contestant, type Name } from "./compare/contestants.js";
import { documents } from "./compare/documents.js";
import { leastRatioToPlainStack } from "./compare/least-ratio.js";
import { measure, medians, type Measured } from "./compare/measure.js";
import { dataOf, wire } from "./compare/requests.js";
import { printResults, writeResults, type Result } from "./compare/results.js";
import { farOffset, newPost, worksFor, type Work } from "./compare/work.js";
import { seededDatabase, seededPassword } from "../seeded-database.js";
import { median } from "../statistics.js";

const posts = 10_000;
const rounds = 3;
const roundMilliseconds = 2500;
const quickRounds = 6;
const warmUpMilliseconds = 2000;
const connections = 32;
// The newest user, who wrote little: the page has other users' posts, as it does for most people.
const credentials = { email: "member20@demo.example.com", password: seededPassword };

const { quick, write, only, ...others } = parseArgs({
  options: {
    quick: { type: "boolean", default: false },
    write: { type: "boolean", default: false },
    only: { type: "string" },
    with: { type: "string", default: "on PostgreSQL,by hand,plain stack,floor" },
  },
}).values;

const names = ["Postern", ...(quick ? ["plain stack"] : others.with.split(","))] as readonly Name[];
const contestants = await startContestants(names, seededDatabase(posts));
const [postern] = contestants as [Contestant];
const signIn = "mutation ($input: LoginInput!) { login(input: $input) { accessToken } }";
const tokenOf = async (contestant: Contestant): Promise<string> =>
  JSON.parse(await dataOf(contestant, "", signIn, { input: credentials })).login.accessToken;
const token = await tokenOf(postern);
// All others have the same file, and the session with it.
const onPostgres = contestants.find(({ name }) => name === "on PostgreSQL");
const tokens = new Map(onPostgres && [[onPostgres, await tokenOf(onPostgres)]]);

const works = worksFor({ ...(await findPlaces()), credentials }).filter(
  ({ name }) => only === undefined || only.split(",").includes(name),
);
if (quick) await compareQuickly();
else await compareAll();
await Promise.all(contestants.map(({ server }) => server.end(0)));
process.exit();

async function findPlaces() {
  const query = `{ posts(first: 1, offset: ${farOffset}) { nodes { id } pageInfo { endCursor } } }`;
  const { posts: found } = JSON.parse(await dataOf(postern, token, query, {}));
  return { postId: found.nodes[0].id as string, farCursor: found.pageInfo.endCursor as string };
}

async function compareAll(): Promise<void> {
  for (const work of works) await requireSameAnswers(work);
  for (const contestant of contestants) await load(contestant, works[0]!, warmUpMilliseconds);
  const results: Result[] = [];
  for (const work of works) {
    const taking = contestants.filter(({ name }) => work.by.includes(name));
    const measured = new Map(taking.map(({ name }) => [name, [] as Measured[]]));
    for (const contestant of taking) await load(contestant, work, 500);
    for (let round = 0; round < rounds; round += 1)
      for (const contestant of taking)
        measured.get(contestant.name)!.push(await load(contestant, work, roundMilliseconds));
    for (const [name, all] of measured) {
      // At a fixed rate, all contestants answer as many requests.
      const byHand = work.rate === undefined ? measured.get("by hand") : undefined;
      // Round by round, so that a temporary slowdown of the machine affects both.
      const ratio = byHand && median(all.map((one, index) => one.requestsPerSecond / byHand[index]!.requestsPerSecond));
      results.push({
        work: work.name,
        title: work.title,
        name,
        ...medians(all),
        ...(ratio !== undefined && { ratio }),
      });
    }
    console.error(`measured: ${work.title}`);
  }
  const memory = contestants.map(({ name, server }) => ({ name, megabytes: server.memory().now }));
  printResults(results, memory);
  if (write) writeResults(results, memory, { posts, connections, rounds, roundMilliseconds });
}

async function compareQuickly(): Promise<void> {
  const [page] = works as [Work];
  await requireSameAnswers(page);
  for (const contestant of contestants) await load(contestant, page, warmUpMilliseconds);
  const ratios: number[] = [];
  for (let round = 0; round < quickRounds; round += 1) {
    const figures = [];
    for (const contestant of contestants)
      figures.push((await load(contestant, page, roundMilliseconds)).requestsPerSecond);
    const [own, plain] = figures as [number, number];
    ratios.push(own / plain);
    console.log(`page of 20: Postern ${own.toFixed(0)}, plain stack ${plain.toFixed(0)} a second`);
  }
  const ratio = median(ratios);
  console.log(`ratio ${ratio.toFixed(2)}, where ${leastRatioToPlainStack} is the least`);
  if (ratio < leastRatioToPlainStack) {
    await Promise.all(contestants.map(({ server }) => server.end(0)));
    process.exit(1);
  }
}

/** Compares the answers byte for byte before anything is timed. */
async function requireSameAnswers({ by, title, query, variables }: Work): Promise<void> {
  let first: string | undefined;
  for (const contestant of contestants.filter(({ name }) => by.includes(name))) {
    const data = await dataOf(contestant, tokens.get(contestant) ?? token, query, variables);
    first ??= data;
    if (data !== first)
      throw new Error(`${title}: ${contestant.name} answers\n${data}\nwhere Postern answers\n${first}`);
  }
}

function load(contestant: Contestant, work: Work, milliseconds: number): Promise<Measured> {
  const writes = (work.writesPercent ?? 0) / 100;
  const kinds = [
    {
      name: work.name,
      share: 1 - writes,
      requests: [wire(contestant, tokens.get(contestant) ?? token, work.query, work.variables)],
    },
    ...(writes === 0
      ? []
      : [
          {
            name: "writes",
            share: writes,
            requests: [wire(contestant, tokens.get(contestant) ?? token, documents.createPost, newPost)],
          },
        ]),
  ];
  const { rate } = work;
  return measure(
    contestant,
    { connections: work.connections ?? connections, milliseconds, kinds, ...(rate !== undefined && { rate }) },
    work.name,
  );
}
