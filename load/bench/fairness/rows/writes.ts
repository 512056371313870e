// Row 10: two processes that write to one file.
import { setTimeout as pause } from "node:timers/promises";

import { clientOf, tokenOf, type Answer, type Client } from "../../../client.js";
import * as documents from "../documents.js";
import { summaryOf } from "../../../probe.js";
import { figure, type Figure } from "../../../figures.js";
import { startServer } from "../../../server-process.js";
import { member, type Row } from "../stage.js";

const writers = 64;
const measuredMilliseconds = 8000;
const handles = ["dario", "eszter", "femi", "grainne", "hiroshi", "ines", "jurgen", "kasia"];

export const twoProcesses: Row = async ({ main, seeded }) => {
  const servers = [await startServer(main, seeded), await startServer(main, seeded)];
  try {
    const signedIn: Client[] = [];
    for (const [index, handle] of handles.entries()) signedIn.push(await member(servers[0]!, handle, index));
    // A token of one process is valid on the other.
    const spread = signedIn.map((client, index) =>
      clientOf(servers[index % 2]!.url, client.headers["x-forwarded-for"]!, tokenOf(client)),
    );
    await write(spread, 2000);
    const one = summaryOf((await write(signedIn, measuredMilliseconds)).flat());
    const byPerson = await write(spread, measuredMilliseconds);
    const two = summaryOf(byPerson.flat());
    const posts = [0, 1].map((server) => byPerson.filter((_, index) => index % 2 === server).flat().length);
    return [
      ...figuresOf("one process", one),
      ...figuresOf("two processes", two),
      figure(10, `${writers} writers, two processes: posts by each`, posts.join(" and ")),
      figure(10, "p99 of two processes by that of one", two.p99 / one.p99, "", 2),
    ];
  } finally {
    await Promise.all(servers.map((server) => server.end(0)));
  }
};

const figuresOf = (who: string, { codes, count, p50, p99, longest }: ReturnType<typeof summaryOf>): Figure[] => [
  figure(10, `${writers} writers, ${who}: codes`, codes),
  figure(10, `${writers} writers, ${who}: p50`, p50, "ms"),
  figure(10, `${writers} writers, ${who}: p99`, p99, "ms"),
  figure(10, `${writers} writers, ${who}: longest`, longest, "ms"),
  figure(10, `${writers} writers, ${who}: answers a second`, (count * 1000) / measuredMilliseconds),
];

/** Lets each process receive writes of several clients for so long. Returns the answers by process. */
async function write(people: readonly Client[], milliseconds: number): Promise<Answer[][]> {
  const end = performance.now() + milliseconds;
  const input = { title: "A post among many", content: "Written while others write. ".repeat(10) };
  const loop = async (client: Client, answers: Answer[]) => {
    while (performance.now() < end) answers.push(await client.send(documents.createPost, { input }));
  };
  const answersOf = people.map((): Answer[] => []);
  const loops = people.flatMap((client, index) =>
    Array.from({ length: writers / people.length }, () => loop(client, answersOf[index]!)),
  );
  // Longer waits are not counted here; the number of posts by each process shows them.
  await Promise.race([Promise.all(loops), pause(milliseconds + 12_000)]);
  return answersOf;
}
