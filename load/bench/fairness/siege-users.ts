import { randomInt } from "node:crypto";

import { seededPassword } from "../../seeded-database.js";
import * as documents from "./documents.js";
import { startProbe, type Sample } from "../../probe.js";
import type { Server } from "../../server-process.js";
import { member, startSearches } from "./stage.js";

const handles = ["bjorn", "chloe", "dario", "eszter", "femi", "grainne", "hiroshi", "ines"];

/** Starts eight people with ordinary actions, at a steady rate that the machine handles easily. */
export async function startOrdinaryUsers(server: Server) {
  const people = await Promise.all(handles.map((handle, index) => member(server, handle, index + 1)));
  const anybody = () => people[randomInt(people.length)]!;
  // Not the top of a page: users' own scheduled posts are there, which others can't vote for.
  const published = await people[0]!.send("{ posts(filter: { status: PUBLISHED }) { nodes { id } } }");
  const postIds = published.data.posts.nodes.map(({ id }: { id: string }) => id) as string[];

  const probes = {
    me: startProbe(100, () => anybody().send(documents.me)),
    "a page of 20": startProbe(100, () => anybody().send(documents.page)),
    "a search": startSearches(people[1]!),
    createPost: startProbe(500, () =>
      anybody().send(documents.createPost, {
        input: { title: "Of the day", content: "Nothing happened. ".repeat(20) },
      }),
    ),
    votePost: startProbe(500, () =>
      anybody().send(documents.votePost, { input: { postId: postIds[randomInt(postIds.length)] } }),
    ),
    login: startProbe(2000, () => {
      const index = randomInt(people.length);
      const input = { email: `${handles[index]}@demo.example.com`, password: seededPassword };
      return people[index]!.send(documents.login, { input });
    }),
  };
  return {
    async stop(): Promise<Record<string, Sample[]>> {
      const stopped = Object.entries(probes).map(async ([who, probe]) => [who, await probe.stop(12_000)] as const);
      return Object.fromEntries(await Promise.all(stopped));
    },
  };
}
