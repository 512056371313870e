// Rows 1 to 4: slow reads, and users who read meanwhile.
import { setTimeout as pause } from "node:timers/promises";

import { startAttack } from "../attack.js";
import type { AttackName } from "../attacks.js";
import * as documents from "../documents.js";
import { startProbe, summaryOf, wordsFor } from "../../../probe.js";
import { figure, type Figure } from "../../../figures.js";
import { bothWays, onServer, startReaders, type Bench, type Cast, type Row } from "../stage.js";

const limit = 10_000;
const grace = 5000;

export const repeatedWords: Row = (bench) =>
  onServer(bench, {}, 1, async ({ a, b }, server) => {
    const probe = startProbe(50, () => b.send(documents.me));
    const started = performance.now();
    const attack = await startAttack("repeatedWords", a);
    // After the time limit everything has been answered, if there is a time limit.
    await Promise.race([attack.over, pause(limit + 2000)]);
    const over = performance.now();
    await pause(5000);
    const samples = await probe.stop();
    const during = summaryOf(samples.filter(({ sentAt }) => sentAt <= over));
    const after = summaryOf(samples.filter(({ sentAt }) => sentAt > over + 500));
    const codes = await Promise.race([attack.stop(), pause(1000)]);
    const ended = await server.end(7000);
    return [
      figure(1, "200 searches of one word a hundred times: answers", codes ? wordsFor(codes) : "unanswered"),
      figure(1, "all answered after", over - started, "ms", limit + 1000),
      figure(1, "me during it: codes", during.codes),
      figure(1, "me during it: not answered", (1 - during.answeredShare) * 100, "%", 0),
      figure(1, "me during it: p99", during.p99, "ms"),
      figure(1, "me during it: longest", during.longest, "ms", limit),
      figure(1, "me after it: codes", after.codes),
      figure(1, "me after it: p99", after.p99, "ms", 5 * bench.idle.me),
      figure(1, "SIGTERM ends it after", ended ?? "> 7000 ms", "ms", grace + 1000),
    ];
  });

export const slowReadAtALimitOfOneSecond: Row = (bench) =>
  onServer(bench, { OPERATION_TIMEOUT: "1s" }, 2, async ({ a, b }) => {
    const attack = await startAttack("narrowByVotes", a);
    const other = await startAttack("repeatedWords", a);
    const probe = startProbe(50, () => b.send(documents.me));
    await pause(6000);
    const me = summaryOf(await probe.stop(4000));
    const codes = await Promise.all([attack.stop(), other.stop()]);
    return [
      figure(2, "slow reads at a limit of 1 s: answers", wordsFor(codes.flatMap((counts) => [...counts]))),
      figure(2, "me beside them: codes", me.codes),
      figure(2, "me beside them: longest", me.longest, "ms", 2000),
    ];
  });

const slowReads: readonly (readonly [AttackName, string])[] = [
  ["searches", "8 clients search for 'the'"],
  ["narrowByVotes", "8 clients, 15 narrow filters by votes"],
  ["counts", "8 clients, 15 counts"],
  ["aliasedSearches", "2 clients, 14 searches at once"],
];

export const slowReadsInALoop: Row = async (bench) => {
  const figures: Figure[] = [];
  // Each on a server of its own, so that one doesn't affect the next.
  for (const [attack, what] of slowReads)
    figures.push(...(await onServer(bench, {}, 3, (cast) => besideReads(attack, what, cast, bench))));
  return figures;
};

async function besideReads(attack: AttackName, what: string, cast: Cast, { idle }: Bench): Promise<Figure[]> {
  const measure = async (patient: boolean) => {
    const running = await startAttack(attack, cast.a, { patient });
    await pause(500);
    const readers = startReaders(cast);
    await pause(patient ? 5000 : 6000);
    const measured = await readers.stop();
    const codes = await running.stop();
    // So that it doesn't affect the next one.
    await pause(500);
    return { ...measured, codes };
  };
  return (await bothWays(measure)).flatMap(({ how, me, page, search, codes }) => [
    figure(3, `${what}${how}: answers`, wordsFor(codes)),
    figure(3, `${what}${how}: p99 of me`, me.p99, "ms", Math.max(5 * idle.me, 50)),
    figure(3, `${what}${how}: p99 of a page`, page.p99, "ms", Math.max(5 * idle.page, 50)),
    figure(3, `${what}${how}: other reads not answered`, notAnswered(me, page), "", "none"),
    figure(3, `${what}${how}: another's searches not answered`, (1 - search.answeredShare) * 100, "%", 1),
    figure(3, `${what}${how}: another's searches, p50`, search.p50, "ms"),
    figure(3, `${what}${how}: another's searches, p99`, search.p99, "ms"),
  ]);
}

type Summary = ReturnType<typeof summaryOf>;
const notAnswered = (me: Summary, page: Summary) =>
  me.answeredShare === 1 && page.answeredShare === 1 ? "none" : `me: ${me.codes}; page: ${page.codes}`;

export const abandonedSearches: Row = (bench) =>
  onServer(bench, {}, 4, async ({ a, b }) => {
    const attack = await startAttack("abandonedSearches", a);
    await attack.over;
    const probe = startProbe(50, () => b.send(documents.me));
    await pause(3000);
    const me = summaryOf(await probe.stop(limit));
    return [
      figure(4, "60 searches whose clients have gone: answers", wordsFor(await attack.stop())),
      figure(4, "me afterwards: codes", me.codes),
      figure(4, "me afterwards: longest", me.longest, "ms", 1000),
    ];
  });
