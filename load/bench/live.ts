// Measures the cost of sockets with subscriptions: memory, processor time and delay of an event, slow clients among
// fast ones, and a thousand tokens that expire at once. It never fails. 10,000 sockets need `ulimit -n 11000`.
//   npm run bench:live -- --sockets 1000 --parts memory,events --server ../older/dist/main.js
import { join, resolve } from "node:path";
import { setTimeout as pause } from "node:timers/promises";

import { readArguments, wholeNumber } from "../arguments.js";
import { startProbe, summaryOf } from "../probe.js";
import { figure, printTable, type Figure } from "../figures.js";
import { startCrowd, type Crowd } from "./live/crowd.js";
import { makePeople, publish, renewAll, voting, type Person } from "./live/people.js";
import { temporaryFolder } from "../seeded-database.js";
import { startServer, type Server } from "../server-process.js";
import { quantile } from "../statistics.js";

const values = readArguments({
  sockets: "10000",
  server: "dist/main.js",
  parts: "memory,events,slow,expiry",
  // Arguments for the server's Node, such as --cpu-prof.
  node: "",
});
const mostSockets = wholeNumber("sockets", values.sockets, 1);
const main = [...values.node.split(" ").filter(Boolean), resolve(values.server)];

// The code is warmed up with 500 sockets, however few are measured.
const room = String(Math.max(1000, mostSockets * 2));
const settings = {
  MAX_SOCKETS: room,
  MAX_CONNECTIONS: room,
  MAX_SOCKETS_OF_USER: room,
  // Without a log line for each operation and socket, which would be measured too.
  LOG_LEVEL: "warn",
};
const people = 100;
const goals = { kilobytesOfSocket: 20, microsecondsOfSubscriber: 60, delayMilliseconds: 100, timesIdle: 3 };

/** One selection is the same for all subscribers, the other one differs for each. */
const shared = "post { title voteCount author { name } }";
const ofViewer = "post { title voteCount viewerHasVoted author { name } }";
/** A selection of four megabytes, from a long post. */
const heavy = `post { ${Array.from({ length: 14 }, (_, index) => `c${index}: content`).join(" ")} }`;

const figures: Figure[] = [];
const note = (row: number, what: string, value: number, unit: string, goal?: number) =>
  figures.push(figure(row, what, value, unit, goal));

async function onServer(more: Record<string, string>, work: (server: Server, crowd: Crowd) => Promise<void>) {
  const server = await startServer(main, join(temporaryFolder(), "postern.sqlite"), { ...settings, ...more });
  const crowd = await startCrowd();
  try {
    await work(server, crowd);
  } finally {
    crowd.end();
    await server.end();
  }
}

const me = (person: Person) => () => person.client.send("{ me { id } }");
const p99Of = async (probe: ReturnType<typeof startProbe>) => summaryOf(await probe.stop()).p99;

/** Makes changes one after another, and returns the delay of each event at each listener. */
async function measureEvents(server: Server, crowd: Crowd, vote: () => Promise<number>, count: number) {
  const delays: number[] = [];
  const before = server.processorSeconds();
  for (let event = 0; event < count; event += 1) {
    const at = await vote();
    for (const arrival of await crowd.arrivals(1)) delays.push(arrival - at);
  }
  return { delays, seconds: server.processorSeconds() - before };
}

async function memory(server: Server, crowd: Crowd): Promise<void> {
  const tokens = (await makePeople(server.url, people)).map(({ token }) => token);
  const open = (count: number) => crowd.join({ url: server.url, tokens, count, fields: shared });
  // Until the code is compiled and the heap has its size. Remaining garbage counts.
  await open(500);
  await crowd.leave();
  await open(100);
  await pause(2000);
  const before = server.memory().now;
  await open(mostSockets);
  await pause(5000);
  const kilobytes = ((server.memory().now - before) * 1000) / mostSockets;
  note(
    1,
    `memory of each of ${mostSockets.toLocaleString("en")} sockets with a subscription`,
    kilobytes,
    "kB",
    goals.kilobytesOfSocket,
  );
}

async function eventsToMany(server: Server, crowd: Crowd): Promise<void> {
  const all = await makePeople(server.url, people);
  const tokens = all.map(({ token }) => token);
  const vote = voting(all[0]!, await publish(all[0]!, "A content"));
  const events = 20;
  // The cost of a vote by itself, once its code is compiled.
  for (let count = 0; count < 50; count += 1) await vote();
  const { seconds: alone } = await measureEvents(server, crowd, vote, events);

  for (const subscribers of [Math.min(1000, mostSockets), mostSockets])
    for (const [name, fields] of [
      ["alike for all", shared],
      ["with viewerHasVoted", ofViewer],
    ] as const) {
      await crowd.join({ url: server.url, tokens, count: subscribers, fields });
      await measureEvents(server, crowd, vote, 3);
      const { delays, seconds } = await measureEvents(server, crowd, vote, events);
      const of = `an event to ${subscribers.toLocaleString("en")}, ${name}`;
      const microseconds = ((seconds - alone) * 1e6) / (events * subscribers);
      note(2, `${of}: heard`, delays.length / (events * subscribers), "of 1");
      note(2, `${of}: processor time a subscriber`, microseconds, "µs", goals.microsecondsOfSubscriber);
      note(2, `${of}: p50`, quantile(delays, 0.5), "ms");
      note(2, `${of}: p99`, quantile(delays, 0.99), "ms", subscribers <= 1000 ? goals.delayMilliseconds : undefined);
      await crowd.leave();
    }
}

async function slowBesideFast(server: Server, crowd: Crowd): Promise<void> {
  const all = await makePeople(server.url, 20);
  const deafCrowd = await startCrowd();
  const tokens = all.map(({ token }) => token);
  const vote = voting(all[0]!, await publish(all[0]!, "€".repeat(100_000)));
  await crowd.join({ url: server.url, tokens, count: 200, fields: shared });
  await measureEvents(server, crowd, vote, 20);
  const before = await measureEvents(server, crowd, vote, 20);
  await deafCrowd.join({ url: server.url, tokens, count: 20, fields: heavy, deaf: true });
  server.resetPeak();
  const beside = await measureEvents(server, crowd, vote, 20);
  note(3, "an event to 200: p99", quantile(before.delays, 0.99), "ms");
  note(
    3,
    "the same beside 20 who ask for 4 MB of each and read nothing: p99",
    quantile(beside.delays, 0.99),
    "ms",
    goals.delayMilliseconds,
  );
  note(3, "heard by the fast ones", beside.delays.length / (20 * 200), "of 1");
  note(3, "memory at most meanwhile", server.memory().peak, "MB");
  deafCrowd.end();
}

const ttlSeconds = 20;

async function endAtOnce(server: Server, crowd: Crowd): Promise<void> {
  const first = await makePeople(server.url, people);
  const second = await renewAll(server.url, first);
  const renewedAt = performance.now();
  const tokens = second.map(({ token }) => token);
  const count = Math.min(1000, mostSockets);
  await crowd.join({ url: server.url, tokens, count, fields: shared });
  const idleProbe = startProbe(5, me(second[0]!));
  await pause(3000);
  const idle = await p99Of(idleProbe);
  await pause((ttlSeconds - 7) * 1000 - (performance.now() - renewedAt));
  const third = await renewAll(server.url, second);
  await crowd.comeBack(Object.fromEntries(third.map(({ token }, index) => [tokens[index]!, token])));
  crowd.giveWay();
  const probe = startProbe(5, me(third[0]!));
  // Until two seconds after the end.
  await pause((ttlSeconds + 2) * 1000 - (performance.now() - renewedAt));
  const during = await p99Of(probe);
  const { ended, comebacks } = await crowd.comebacks();
  note(4, `p99 of others' me beside ${count} idle sockets`, idle, "ms");
  note(4, "the same while their tokens end and they come back", during, "ms", idle * goals.timesIdle);
  note(4, "ended", ended, `of ${count}`);
  note(4, "back with their cursor", comebacks, `of ${count}`);
}

const started = performance.now();
const parts = new Set(values.parts.split(","));
if (parts.has("memory")) await onServer({}, memory);
if (parts.has("events")) await onServer({}, eventsToMany);
if (parts.has("slow")) await onServer({}, slowBesideFast);
if (parts.has("expiry")) await onServer({ ACCESS_TOKEN_TTL: `${ttlSeconds}s` }, endAtOnce);
printTable(figures, undefined);
console.log(`\n${Math.round((performance.now() - started) / 1000)} s`);
process.exit();
