import { randomInt } from "node:crypto";

import { dataOf, signIn, type Client } from "../../client.js";
import { documents } from "../../documents.js";
import { startProbe, type Probe } from "../../probe.js";
import { seededPassword } from "../../seeded-database.js";
import type { Server } from "../../server-process.js";

/** Users of the seeded database. */
const handles = "bjorn chloe dario eszter femi grainne hiroshi ines".split(" ");
const emailOf = (handle: string) => `${handle}@demo.example.com`;

/** Signs in as a user of the seeded database, from an address of its own. */
export const signInAs = (server: Server, handle: string): Promise<Client> =>
  signIn(server.url, `10.1.0.${handles.indexOf(handle) + 2}`, emailOf(handle), seededPassword);

export const signInAll = (server: Server): Promise<Client[]> =>
  Promise.all(handles.map((handle) => signInAs(server, handle)));

const words = ["miso ramen", "canterbury tales", "goji berry", "shakshuka", "carmilla", "caponata"];
const ordinaryContent = "Nothing happened. ".repeat(20);

/**
 * Starts ordinary users, at a steady rate that the machine handles easily.
 *
 * @returns a function that stops them and returns the samples of each of their actions.
 */
export async function startUsers(users: readonly Client[], content = ordinaryContent) {
  const anyOf = <Item>(items: readonly Item[]): Item => items[randomInt(items.length)]!;
  // Not the top of a page: users' own scheduled posts are there, which others can't vote for.
  const { posts } = await dataOf(users[0]!.send("{ posts(filter: { status: PUBLISHED }) { nodes { id } } }"));
  const postIds: string[] = posts.nodes.map(({ id }: { id: string }) => id);
  const probe = (everyMilliseconds: number, query: string, inputOf?: (user: Client) => object) =>
    startProbe(everyMilliseconds, () => {
      const user = anyOf(users);
      return user.send(query, inputOf?.(user));
    });
  const probes = {
    me: probe(50, documents.me),
    "a page of 20": probe(100, documents.page),
    "a search": probe(500, documents.search, () => ({ s: anyOf(words) })),
    createPost: probe(500, documents.createPost, () => ({ input: { title: "Of the day", content } })),
    votePost: probe(500, documents.votePost, () => ({ input: { postId: anyOf(postIds) } })),
    login: probe(1000, documents.login, (user) => ({
      input: { email: emailOf(handles[users.indexOf(user)]!), password: seededPassword },
    })),
  };
  const stop = async ([name, started]: readonly [string, Probe]) => [name, await started.stop(12_000)] as const;
  return () => Promise.all(Object.entries(probes).map(stop));
}
