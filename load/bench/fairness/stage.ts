import { setTimeout as pause } from "node:timers/promises";

import { median } from "../../statistics.js";
import { clientOf, signIn, signUp, type Client } from "../../client.js";
import { seededPassword } from "../../seeded-database.js";
import * as documents from "./documents.js";
import { startProbe, summaryOf, type Probe } from "../../probe.js";
import { figure, waiting, type Figure } from "../../figures.js";
import { startServer, type Server } from "../../server-process.js";

/** Everything that every row works with. */
export type Bench = {
  readonly main: string;
  /** The seeded database, which rows may add to. */
  readonly seeded: string;
  readonly idle: Idle;
};
export type Row = (bench: Bench) => Promise<Figure[]>;

/** The clients of a row: `a` attacks, `b` and `c` only want their answers. */
export type Cast = { readonly a: Client; readonly b: Client; readonly c: Client };

/** Runs `work` on a server of its own, which is stopped afterwards. Reports a server that ended earlier. */
export async function onServer(
  { main, seeded }: Pick<Bench, "main" | "seeded">,
  settings: Record<string, string>,
  row: number,
  work: (cast: Cast, server: Server) => Promise<Figure[]>,
): Promise<Figure[]> {
  const server = await startServer(main, seeded, settings);
  try {
    const [a, b, c] = await Promise.all(
      ["ada", "bjorn", "chloe"].map((handle, index) => member(server, handle, index)),
    );
    await warmUp(b!);
    const figures = await work({ a: a!, b: b!, c: c! }, server);
    return server.hasCrashed() ? [...figures, endedByItself(row)] : figures;
  } catch (error) {
    if (!server.hasCrashed()) throw error;
    return [endedByItself(row)];
  } finally {
    await server.end(0);
  }
}

const endedByItself = (row: number) => figure(row, "the server", "ended by itself", "", "lives");

/** Signs in as a user of the seeded database. */
export const member = (server: Server, handle: string, index: number) =>
  signIn(server.url, `10.1.0.${index + 1}`, `${handle}@demo.example.com`, seededPassword);

/** Registers a new user, for a database without seed. */
export const newcomer = (server: Server, name: string, index: number) =>
  signUp(server.url, `10.2.0.${index + 1}`, name);

/** Warms the server up, so that its code is compiled before measuring. */
export async function warmUp(client: Client): Promise<void> {
  for (let count = 0; count < 40; count += 1)
    await Promise.all([client.send(documents.me), client.send(documents.page), client.send(documents.me)]);
}

/** The latencies of an idle server, in milliseconds. */
export type Idle = { readonly me: number; readonly page: number };

/** Sends searches as people do, two a second. */
export function startSearches(client: Client): Probe {
  const words = ["miso ramen", "canterbury tales", "goji berry", "shakshuka", "carmilla", "caponata"];
  let turn = 0;
  return startProbe(500, () => client.send(documents.search, { s: words[turn++ % words.length] }));
}

/** Starts two users who read meanwhile: `me` and a page of 20 by one, and searches by the other. */
export function startReaders({ b, c }: Cast) {
  const probes = [
    startProbe(25, () => b.send(documents.me)),
    startProbe(50, () => b.send(documents.page)),
    startSearches(c),
  ];
  return {
    async stop(patienceMilliseconds?: number) {
      const samples = await Promise.all(probes.map((probe) => probe.stop(patienceMilliseconds)));
      const [me, page, search] = samples.map(summaryOf);
      return { me: me!, page: page!, search: search! };
    },
  };
}

/** Row 0, the baseline: the quietest of several windows, since other work runs on the machine too. */
export async function measureIdle(main: string, seeded: string): Promise<{ idle: Idle; figures: Figure[] }> {
  let idle: Idle = { me: Infinity, page: Infinity };
  const figures = await onServer({ main, seeded }, {}, 0, async ({ b, c }) => {
    const windows = { me: [], page: [] } as Record<"me" | "page", ReturnType<typeof summaryOf>[]>;
    for (let count = 0; count < 5; count += 1) {
      const probes = [startProbe(10, () => b.send(documents.me)), startProbe(20, () => b.send(documents.page))];
      await pause(2000);
      const [me, page] = await Promise.all(probes.map((probe) => probe.stop()));
      windows.me.push(summaryOf(me!));
      windows.page.push(summaryOf(page!));
    }
    const quietest = (of: "me" | "page") => Math.min(...windows[of].map(({ p99 }) => p99));
    idle = { me: quietest("me"), page: quietest("page") };
    const searches = startSearches(c);
    await pause(4000);
    const search = summaryOf(await searches.stop());
    return [
      figure(0, "idle: p50 of me", median(windows.me.map(({ p50 }) => p50)), "ms"),
      figure(0, "idle: p99 of me", idle.me, "ms"),
      figure(0, "idle: p50 of a page of 20", median(windows.page.map(({ p50 }) => p50)), "ms"),
      figure(0, "idle: p99 of a page of 20", idle.page, "ms"),
      figure(0, "idle: p50 of a search", search.p50, "ms"),
      figure(0, "idle: p99 of a search", search.p99, "ms"),
    ];
  });
  return { idle, figures };
}

/**
 * Measures during an attack by clients that ignore Retry-After and, if any client was rejected, again during one by
 * clients that respect it. `how` says which.
 */
export async function bothWays<Measured extends { readonly codes: ReadonlyMap<string, number> }>(
  measure: (patient: boolean) => Promise<Measured>,
): Promise<(Measured & { how: string })[]> {
  const eager = await measure(false);
  const sentAway = eager.codes.has("SERVICE_UNAVAILABLE") || eager.codes.has("HTTP 503");
  return [{ ...eager, how: "" }, ...(sentAway ? [{ ...(await measure(true)), how: `, ${waiting}` }] : [])];
}

/** Returns a client without an account, with an address of its own. */
export const stranger = (server: Server) => clientOf(server.url, "10.3.0.1");
