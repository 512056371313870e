// Measures the cost of sockets with subscriptions: memory, processor time and delay of an event, slow clients among
// fast ones, and a thousand tokens that expire at once. It never fails. 10,000 sockets need `ulimit -n 11000`.
//   npm run bench:live -- --sockets 1000 --parts memory,events --server ../older/dist/main.js
import { constants, setPriority } from "node:os";
import { resolve } from "node:path";
import { setTimeout as pause } from "node:timers/promises";

import { readArguments, readNumber } from "../arguments.js";
import { askChild, forkModule } from "../child.js";
import { clientOf, dataOf, signUp, type Client } from "../client.js";
import { documents } from "../documents.js";
import { figure, reportFigures, summaryOf, type Figure } from "../figures.js";
import { startProbe } from "../probe.js";
import { startServer, type Server } from "../server-process.js";
import { quantile } from "../statistics.js";
import type { Calls, Message } from "./live/subscribers.js";

const parts = "memory,events,slow,expiry";
// Arguments for the server's Node may be given too, such as --node=--cpu-prof.
const values = readArguments({ sockets: "10000", server: "dist/main.js", parts, node: "" });
const mostSockets = readNumber("sockets", values.sockets, 1, 100_000);

// The code is warmed up with 500 sockets, however few are measured.
const room = String(Math.max(1000, mostSockets * 2));
const [users, tokenSeconds] = [100, 20];

/** One selection is the same for all subscribers, the other one differs for each. */
const shared = "post { title voteCount author { name } }";
const ofViewer = "post { title voteCount viewerHasVoted author { name } }";
/** A selection of four megabytes, from a long post. */
const large = `post { ${Array.from({ length: 14 }, (_, index) => `c${index}: content`).join(" ")} }`;

const figures: Figure[] = [];
const report = (...args: Parameters<typeof figure>) => figures.push(figure(...args));

async function startSubscribers() {
  const child = await forkModule(new URL("live/subscribers.ts", import.meta.url));
  const ask = <Name extends keyof Calls>(name: Name, ...args: Parameters<Calls[Name]>): ReturnType<Calls[Name]> =>
    askChild(child, [name, ...args] satisfies Message) as ReturnType<Calls[Name]>;
  return { pid: child.pid!, ask, kill: () => child.kill("SIGKILL") };
}
type Subscribers = Awaited<ReturnType<typeof startSubscribers>>;

async function withServer(work: (server: Server, subscribers: Subscribers) => Promise<void>, settings = {}) {
  const server = await startServer({
    main: [...values.node.split(" ").filter(Boolean), resolve(values.server)],
    settings: {
      MAX_SOCKETS: room,
      MAX_CONNECTIONS: room,
      MAX_SOCKETS_OF_USER: room,
      // Without a log line for each operation and socket, which would be measured too.
      LOG_LEVEL: "warn",
      ...settings,
    },
  });
  const subscribers = await startSubscribers();
  try {
    await work(server, subscribers);
  } finally {
    subscribers.kill();
    await server.end();
  }
}

type User = Client & { readonly refreshToken: string };

async function makeUsers({ url }: Server, count: number): Promise<User[]> {
  const made: User[] = [];
  for (let number = 0; number < count; number += 1) made.push(await signUp(url, `10.4.0.${number}`, `user${number}`));
  return made;
}

/** Renews all users' tokens at about the same time. */
const renewAll = (all: readonly User[]): Promise<User[]> =>
  Promise.all(
    all.map(async ({ url, address, send, refreshToken }) => {
      const { refreshSession } = await dataOf(send(documents.refresh, { input: { refreshToken } }));
      return { ...clientOf(url, address, refreshSession.accessToken), refreshToken: refreshSession.refreshToken };
    }),
  );

/** Publishes a post. Returns a function that votes for it, or takes the vote back, and returns when it did. */
async function publish({ send }: User, content: string): Promise<() => Promise<number>> {
  const { createPost } = await dataOf(send(documents.createPost, { input: { title: "A post", content } }));
  let turn = 0;
  return async () => {
    const at = performance.timeOrigin + performance.now();
    const document = turn++ % 2 === 0 ? documents.votePost : documents.unvotePost;
    await dataOf(send(document, { input: { postId: createPost.post.id } }));
    return at;
  };
}

/** Makes changes one after another. Returns the delay of each event at each subscriber, and the CPU time. */
async function measureEvents(server: Server, { ask }: Subscribers, change: () => Promise<number>, count = 20) {
  const delays: number[] = [];
  const before = server.cpuSeconds();
  for (let event = 0; event < count; event += 1) {
    const at = await change();
    const arrivals = await ask("awaitEvent");
    delays.push(...arrivals.map((arrival) => arrival - at));
  }
  return { delays, seconds: server.cpuSeconds() - before };
}

const tokensOf = (all: readonly User[]) => all.map(({ token }) => token!);

async function memory(server: Server, { ask }: Subscribers): Promise<void> {
  const tokens = tokensOf(await makeUsers(server, users));
  const open = (count: number) => ask("subscribe", { url: server.url, fields: shared }, tokens, count);
  // Until the code is compiled and the heap has its size. Remaining garbage counts.
  await open(500);
  await ask("leave");
  await open(100);
  await pause(2000);
  const before = server.memory().now;
  await open(mostSockets);
  await pause(5000);
  const kilobytes = ((server.memory().now - before) * 1000) / mostSockets;
  report(1, `memory of each of ${mostSockets} sockets with a subscription`, kilobytes, "kB", 20);
}

async function events(server: Server, subscribers: Subscribers): Promise<void> {
  const { ask } = subscribers;
  const all = await makeUsers(server, users);
  const change = await publish(all[0]!, "A content");
  // The cost of a vote by itself, once its code is compiled.
  await measureEvents(server, subscribers, change, 50);
  const { seconds: alone } = await measureEvents(server, subscribers, change);
  for (const count of new Set([Math.min(1000, mostSockets), mostSockets]))
    for (const [name, fields] of Object.entries({ "the same for all": shared, "with viewerHasVoted": ofViewer })) {
      await ask("subscribe", { url: server.url, fields }, tokensOf(all), count);
      await measureEvents(server, subscribers, change, 3);
      const { delays, seconds } = await measureEvents(server, subscribers, change);
      const what = `an event to ${count}, ${name}`;
      report(2, `${what}: received`, delays.length / (20 * count), "of 1");
      report(2, `${what}: CPU time for each subscriber`, ((seconds - alone) * 1e6) / (20 * count), "µs", 60);
      report(2, `${what}: p50`, quantile(delays, 0.5), "ms");
      report(2, `${what}: p99`, quantile(delays, 0.99), "ms", count <= 1000 ? 100 : undefined);
      await ask("leave");
    }
}

async function slow(server: Server, subscribers: Subscribers): Promise<void> {
  const all = await makeUsers(server, 20);
  const tokens = tokensOf(all);
  const change = await publish(all[0]!, "€".repeat(100_000));
  await subscribers.ask("subscribe", { url: server.url, fields: shared }, tokens, 200);
  await measureEvents(server, subscribers, change);
  const before = await measureEvents(server, subscribers, change);
  const slowOnes = await startSubscribers();
  await slowOnes.ask("subscribe", { url: server.url, fields: large }, tokens, 20, true);
  server.resetPeak();
  const during = await measureEvents(server, subscribers, change);
  slowOnes.kill();
  report(3, "an event to 200: p99", quantile(before.delays, 0.99), "ms");
  const what = "the same beside 20 who ask for 4 MB of each and read nothing";
  report(3, `${what}: p99`, quantile(during.delays, 0.99), "ms", 100);
  report(3, `${what}: received`, during.delays.length / (20 * 200), "of 1");
  report(3, `${what}: most memory`, server.memory().peak, "MB");
}

async function expiry(server: Server, { ask, pid }: Subscribers): Promise<void> {
  const second = await renewAll(await makeUsers(server, users));
  const renewedAt = performance.now();
  const pauseUntil = (seconds: number) => pause(seconds * 1000 - (performance.now() - renewedAt));
  const tokens = tokensOf(second);
  const count = Math.min(1000, mostSockets);
  await ask("subscribe", { url: server.url, fields: shared }, tokens, count);
  const p99Until = async ({ send }: User, seconds: number) => {
    const probe = startProbe(5, () => send(documents.me));
    await pauseUntil(seconds);
    return summaryOf(await probe.stop()).p99;
  };
  const idle = await p99Until(second[0]!, tokenSeconds - 7);
  const third = await renewAll(second);
  await ask("comeBackWith", Object.fromEntries(tokensOf(third).map((token, index) => [tokens[index]!, token])));
  // As if the subscribers ran on other machines.
  setPriority(pid, constants.priority.PRIORITY_LOW);
  const during = await p99Until(third[0]!, tokenSeconds + 2);
  const { ended, returned } = await ask("countReturns");
  report(4, `p99 of others' me beside ${count} idle sockets`, idle, "ms");
  report(4, "the same while their tokens end and they come back", during, "ms", idle * 3);
  report(4, "ended", ended, `of ${count}`);
  report(4, "back with their cursor", returned, `of ${count}`);
}

const chosen = values.parts.split(",");
if (chosen.includes("memory")) await withServer(memory);
if (chosen.includes("events")) await withServer(events);
if (chosen.includes("slow")) await withServer(slow);
if (chosen.includes("expiry")) await withServer(expiry, { ACCESS_TOKEN_TTL: `${tokenSeconds}s` });
reportFigures(figures);
process.exit();
