// Rows 5, 6, 7 and 9: large requests and answers.
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";

import { startAttack } from "../attack.js";
import type { Client } from "../../../client.js";
import { temporaryFolder } from "../../../seeded-database.js";
import * as documents from "../documents.js";
import { startProbe, summaryOf, wordsFor } from "../../../probe.js";
import { figure, type Figure } from "../../../figures.js";
import { newcomer, onServer, stranger, type Bench, type Row } from "../stage.js";
import { startServer, type Server } from "../../../server-process.js";

const goal = 500;

const mostMemory = (server: Server) => (server.hasCrashed() ? Infinity : server.memory().peak);

/** A database with 100 posts of 100,000 ordinary characters, and 100 whose characters take six bytes. */
type Library = { readonly database: string; readonly plain: string; readonly escaped: string };
let library: Promise<Library> | undefined;

async function makeLibrary(main: string): Promise<Library> {
  const database = join(temporaryFolder(), "postern.sqlite");
  const server = await startServer(main, database);
  const [plain, escaped] = [await newcomer(server, "plain", 0), await newcomer(server, "escaped", 1)];
  const contents = [[plain, "words in a row, "] as const, [escaped, "\u0001"] as const];
  for (const [author, text] of contents) {
    for (let count = 0; count < 100; count += 1) {
      const input = {
        title: `Number ${count}`,
        content: text.repeat(Math.ceil(100_000 / text.length)).slice(0, 100_000),
      };
      const { code } = await author.send(documents.createPost, { input });
      if (code !== "ok") throw new Error(`a post of 100,000 characters was answered ${code}`);
    }
    author.close();
  }
  await server.end();
  return { database, plain: plain.id, escaped: escaped.id };
}

/** Runs `work` on that database, with an attacker, an ordinary user and a new peak of memory. */
async function inLibrary(
  { main }: Bench,
  settings: Record<string, string>,
  work: (parts: { server: Server; a: Client; b: Client; library: Library }) => Promise<Figure[]>,
): Promise<Figure[]> {
  const made = await (library ??= makeLibrary(main));
  const server = await startServer(main, made.database, settings);
  try {
    const run = performance.now().toFixed(0);
    const [a, b] = [await newcomer(server, `attacker${run}`, 2), await newcomer(server, `other${run}`, 3)];
    for (let count = 0; count < 40; count += 1) await b.send(documents.typename);
    server.resetPeak();
    return await work({ server, a, b, library: made });
  } finally {
    await server.end(0);
  }
}

export const eightfoldPages: Row = async (bench) => {
  const figures: Figure[] = [];
  for (const [attack, how] of [
    ["eightfoldPage", "one"],
    ["fourEightfoldPages", "four at once"],
  ] as const) {
    figures.push(
      ...(await inLibrary(bench, {}, async ({ server, a, b }) => {
        const probe = startProbe(50, () => b.send(documents.typename));
        const started = performance.now();
        const running = await startAttack(attack, a, { posts: "posts(first: 100)" });
        await Promise.race([running.over, pause(20_000)]);
        const duration = performance.now() - started;
        const other = summaryOf(await probe.stop(10_000));
        const codes = await Promise.race([running.stop(), pause(1000)]);
        return [
          figure(5, `480 MB of answer, ${how}: answers`, codes ? wordsFor(codes) : "unanswered"),
          figure(5, `480 MB of answer, ${how}: duration`, duration, "ms"),
          figure(5, `480 MB of answer, ${how}: most memory`, mostMemory(server), "MB", goal),
          figure(5, `480 MB of answer, ${how}: another's __typename, longest`, other.longest, "ms", 1000),
          figure(5, `480 MB of answer, ${how}: another's __typename, codes`, other.codes),
        ];
      })),
    );
  }
  return figures;
};

export const deafSockets: Row = (bench) =>
  inLibrary(bench, { SEND_TIMEOUT: "3s" }, async ({ server, a, b, library: { plain } }) => {
    const pageOf = (posts: number) =>
      `{ posts(first: ${posts}, filter: { authorId: "${plain}" }) { nodes { content c0: content } } }`;
    // The largest answer of at most 16 MiB.
    let posts = 0;
    for (const tried of [83, 82, 80, 60, 40, 20, 10]) {
      posts = tried;
      if ((await b.send(pageOf(tried))).code === "ok") break;
    }
    server.resetPeak();
    const probe = startProbe(50, () => b.send(documents.typename));
    const running = await startAttack("deafSockets", a, { posts: pageOf(posts) });
    const stuck = await watchStuckSockets(server, 15_000);
    const other = summaryOf(await probe.stop(5000));
    const memory = mostMemory(server);
    const codes = await running.stop();
    return [
      figure(6, "40 sockets that take nothing: size of the page", (posts * 200_000) / 1e6, "MB"),
      figure(6, "40 sockets that take nothing: what was begun", wordsFor(codes)),
      figure(6, "40 sockets that take nothing: most memory", memory, "MB", goal),
      figure(6, "40 sockets that take nothing: stuck at most", stuck.most),
      figure(6, "40 sockets that take nothing: closed after", stuck.after ?? "> 15000 ms", "ms", 5000),
      figure(6, "40 sockets that take nothing: another's __typename, longest", other.longest, "ms", 1000),
      figure(6, "40 sockets that take nothing: another's __typename, codes", other.codes),
    ];
  });

/**
 * Returns the highest number of stuck sockets, and the milliseconds from the first stuck one until none was left;
 * undefined if some are left.
 */
async function watchStuckSockets(server: Server, withinMilliseconds: number) {
  const started = performance.now();
  let [most, stuck, elapsed] = [0, 0, 0];
  let first: number | undefined;
  let last = 0;
  while (elapsed < withinMilliseconds && !server.hasCrashed()) {
    stuck = server.stuckSockets();
    elapsed = performance.now() - started;
    most = Math.max(most, stuck);
    if (stuck > 0) [first, last] = [first ?? elapsed, elapsed];
    // None was stuck for a while, so no more will be.
    else if (elapsed > last + 5000) break;
    await pause(50);
  }
  return { most, after: stuck === 0 ? last - (first ?? last) : undefined };
}

export const unfinishedBodies: Row = (bench) =>
  onServer(bench, {}, 7, async ({ b, c }, server) => {
    server.resetPeak();
    const before = server.memory().now;
    const probe = startProbe(50, () => b.send(documents.typename));
    const input = { title: "Long", content: "€".repeat(100_000) };
    const writes = startProbe(500, () => c.send(documents.createPost, { input }));
    const running = await startAttack("unfinishedBodies", stranger(server));
    await pause(8000);
    const [other, write] = [summaryOf(await probe.stop()), summaryOf(await writes.stop(5000))];
    const { peak } = server.memory();
    return [
      figure(7, "1000 bodies that don't end: answers before that", wordsFor(await running.stop())),
      figure(7, "1000 bodies that don't end: memory more than before", peak - before, "MB"),
      figure(7, "1000 bodies that don't end: most memory", peak, "MB", goal),
      figure(7, "1000 bodies that don't end: another's __typename, longest", other.longest, "ms", 1000),
      figure(7, "1000 bodies that don't end: another's __typename, codes", other.codes),
      figure(7, "1000 bodies that don't end: posts of 300 KB not created", (1 - write.answeredShare) * 100, "%", 0),
      figure(7, "1000 bodies that don't end: posts of 300 KB, codes", write.codes),
      figure(7, "1000 bodies that don't end: posts of 300 KB, longest", write.longest, "ms"),
    ];
  });

export const titlesOfLongPosts: Row = (bench) =>
  inLibrary(bench, {}, async ({ b, library: { plain, escaped } }) => {
    const p50: number[] = [];
    for (const author of [plain, escaped]) {
      const titles = `{ posts(first: 20, filter: { authorId: "${author}" }) { nodes { title } } }`;
      const answers = [];
      for (let count = 0; count < 20; count += 1) answers.push(await b.send(titles));
      p50.push(summaryOf(answers).p50);
    }
    return [
      figure(9, "20 titles of posts of 100,000 characters: p50", p50[0]!, "ms", 20),
      figure(9, "the same where each takes six bytes: p50", p50[1]!, "ms", 20),
    ];
  });
