// A process that attacks, so that the load on its own event loop isn't measured.
import { once } from "node:events";
import type { Socket } from "node:net";
import { constants, setPriority } from "node:os";
import { setTimeout as pause } from "node:timers/promises";

import { WebSocket } from "ws";

import { headersOf, send, type Request } from "../../client.js";
import { documents } from "../../documents.js";
import { headOf, rawConnection } from "../../raw-request.js";
import { countIn } from "../../statistics.js";

/** The order that a started attacker receives. */
export type Order = {
  readonly attack: AttackName;
  readonly url: string;
  readonly address: string;
  readonly token: string | undefined;
  /** Whether a client that receives Retry-After waits that long, or tries again at once. */
  readonly isPatient: boolean;
  /** The document of attacks that read a large page. */
  readonly page?: string | undefined;
  /** The content of attacks that are floods. */
  readonly flood?: FloodName | undefined;
};

// The order and the counts of this process, which attacks once.
let order!: Order;
const counts = new Map<string, number>();
const ending = new AbortController();
const { signal } = ending;

const day = 24 * 60 * 60 * 1000;
let turn = 0;
/** Returns an instant about `days` ago, never the same twice, so that no cache can answer. */
const ago = (days: number) => new Date(Date.now() - days * day + turn++).toISOString();

const aliased = (count: number, field: (index: number) => string) => ({
  query: `{ ${Array.from({ length: count }, (_, index) => `a${index}: ${field(index)}`).join(" ")} }`,
});
const votesFilter = () =>
  `filter: { createdBefore: "${ago(3 * 365 - 2)}" }, orderBy: { field: VOTE_COUNT, direction: DESC }`;
const commonWords = "the a of in it was with i and to for about by they".split(" ");

/** The attacks. Each ends with its signal, or when it has sent everything. */
const attacks = {
  /** 200 searches for one word a hundred times. */
  async repeatedWords() {
    const answers: Promise<void>[] = [];
    for (let sent = 0; sent < 200 && !signal.aborted; sent += 1) {
      answers.push(sendOnce(documents.search, { s: "a ".repeat(100) }));
      await pause(5);
    }
    await Promise.all(answers);
  },
  searches: () => sendInLoops(8, () => ({ query: documents.search, variables: { s: "the" } })),
  /** Pages of few posts that require a scan of the whole order by votes. */
  filtersByVotes: () => sendInLoops(8, () => aliased(15, () => `posts(${votesFilter()}) { nodes { id } }`)),
  counts: () =>
    sendInLoops(8, () => aliased(15, () => `posts(first: 0, filter: { createdBefore: "${ago(30)}" }) { totalCount }`)),
  aliasedSearches: () =>
    sendInLoops(2, () => aliased(14, (index) => `posts(search: "${commonWords[index]}") { nodes { title } }`)),
  abandonedSearches: () => times(60, () => sendOnce(documents.search, { s: "the" }, AbortSignal.timeout(400))),
  /** 480 MB, which is more than the limits allow. */
  hugePage: () => sendOnce(order.page!),
  fourHugePages: () => times(4, () => sendOnce(order.page!)),
  unreadPages,
  unfinishedBodies,
  wrongLogins: () =>
    sendInLoops(250, () => {
      const address = newAddress();
      const input = { email: `${address}.${Date.now()}@example.com`, password: "a wrong password" };
      return { query: documents.login, variables: { input }, address };
    }),
  floodByHttp,
  floodBySocket,
};
export type AttackName = keyof typeof attacks;

const times = (count: number, work: (index: number) => Promise<void>) =>
  Promise.all(Array.from({ length: count }, (_, index) => work(index)));

async function sendOnce(query: string, variables: object = {}, until?: AbortSignal): Promise<void> {
  countIn(counts, (await send({ ...order, query, variables, signal: until })).code);
}

async function sendInLoops(clients: number, next: () => Pick<Request, "query"> & Partial<Request>) {
  await times(clients, async () => {
    while (!signal.aborted) {
      const { code, retryAfterSeconds = 0 } = await send({ ...order, ...next() });
      countIn(counts, code);
      const waitSeconds = code === "closed" ? 0.1 : order.isPatient ? retryAfterSeconds : 0;
      if (waitSeconds > 0) await pause(waitSeconds * 1000);
    }
  });
}

let addresses = 0;
/** Returns an address that was not used before. */
const newAddress = () => `11.${(addresses >> 16) & 255}.${(addresses >> 8) & 255}.${addresses++ & 255}`;

/** Opens 40 connections that query a page and read nothing of it until the end. */
async function unreadPages(): Promise<void> {
  const { url, address, token, page } = order;
  const body = JSON.stringify({ query: page });
  const sockets = Array.from({ length: 40 }, () => {
    const socket = rawConnection(url);
    socket.write(`${headOf(headersOf(address, token), body.length)}${body}`);
    return socket;
  });
  if (!signal.aborted) await once(signal, "abort");
  for (const socket of sockets) readStatus(socket);
  await pause(300);
  for (const socket of sockets) socket.destroy();
}

/** Opens 1000 connections that send nearly all of a body of the largest allowed size, without a credential. */
async function unfinishedBodies(): Promise<void> {
  const length = 1024 * 1024;
  const most = Buffer.alloc(length - 100, " ");
  const sockets: Socket[] = [];
  while (sockets.length < 1000 && !signal.aborted) {
    const socket = rawConnection(order.url);
    readStatus(socket);
    socket.write(headOf(headersOf(newAddress(), undefined), length));
    socket.write(most);
    sockets.push(socket);
    // Slowly, so that the kernel's queue of new connections doesn't fill up.
    if (sockets.length % 50 === 0) await pause(100);
  }
  if (!signal.aborted) await once(signal, "abort");
  for (const socket of sockets) socket.destroy();
}

function readStatus(socket: Socket): void {
  const closed = () => countIn(counts, "closed");
  socket.once("close", closed).once("data", (chunk: Buffer) => {
    socket.off("close", closed);
    countIn(counts, `HTTP ${chunk.toString("latin1", 9, 12)}`);
  });
  socket.resume();
}

const numbered = (length: number, text: (index: number) => string, separator = " ") =>
  Array.from({ length }, (_, index) => text(index)).join(separator);
const schemaFields = "fields{name type{name fields{name args{name type{name}} type{name ofType{name}}}}}";

/** Bodies of at most `most` bytes that cost more than their bytes before the server can understand them. */
const floods = {
  "repeated fields": (id: string) => documentBody(`query ${id}{${"me{id}".repeat(240)}}`),
  "repeated fragments": (id: string) =>
    documentBody(
      `query ${id}{me{${numbered(99, (index) => `...F${index}`)}}} ${numbered(99, (index) => `fragment F${index} on User{id}`)}`,
    ),
  "lines of comments": (id: string, most: number) => documentBody(`#${id}\n${"#\n".repeat(most / 4)}{__typename}`),
  "aliased introspection": (id: string) =>
    documentBody(`query ${id}{__schema{types{${numbered(15, (index) => `a${index}:${schemaFields}`)}}}}`),
  "nested JSON": (_id: string, most: number) => "[".repeat(most),
  "wide JSON": (_id: string, most: number) =>
    `{"query":"query($i:LoginInput!){__typename}","variables":{"i":{${numbered(most / 20, (index) => `"key${index}":1`, ",")}}}}`,
  "large pings": (_id: string, most: number) => JSON.stringify({ type: "ping", payload: { x: "x".repeat(most) } }),
};
export type FloodName = keyof typeof floods;
const documentBody = (query: string) => JSON.stringify({ query });

const floodClients = 4;

/** Sends one request after another over a few connections. */
async function floodByHttp(): Promise<void> {
  const { url, address, token, flood } = order;
  const post = async (body: string) => {
    const response = await fetch(url, { method: "POST", headers: headersOf(address, token), body });
    await response.arrayBuffer();
    return `HTTP ${response.status}`;
  };
  await times(floodClients, async (index) => {
    for (let sent = 0; !signal.aborted; sent += 1) {
      countIn(counts, await post(floods[flood!](`q${index}_${sent}`, 1_000_000)).catch(() => "closed"));
      await pause(10);
    }
  });
}

/** Sends one message after another over a few sockets, which are reopened when the server closes them. */
async function floodBySocket(): Promise<void> {
  const { url, address, token, flood } = order;
  const messageOf = (id: string): string => {
    const body = floods[flood!](id, 60_000);
    if (flood === "nested JSON" || flood === "large pings") return body;
    return JSON.stringify({ type: "subscribe", id, payload: JSON.parse(body) as object });
  };
  const useSocket = async (name: string): Promise<void> => {
    const socket = new WebSocket(url.replace("http", "ws"), "graphql-transport-ws", {
      headers: { "x-forwarded-for": address },
    });
    socket.on("error", () => {});
    const closed = once(socket, "close").then(() => undefined);
    const next = () => Promise.race([once(socket, "message"), closed]);
    await Promise.race([once(socket, "open"), closed]);
    if (socket.readyState !== WebSocket.OPEN) return countIn(counts, "closed");
    const payload = token === undefined ? {} : { authorization: `Bearer ${token}` };
    socket.send(JSON.stringify({ type: "connection_init", payload }));
    await next();
    for (let sent = 0; !signal.aborted && socket.readyState === WebSocket.OPEN; sent += 1) {
      socket.send(messageOf(`${name}_${sent}`));
      countIn(counts, (await next()) === undefined ? "closed" : "answered");
      await pause(20);
    }
    socket.terminate();
    await closed;
  };
  await times(floodClients, async (index) => {
    for (let opened = 0; !signal.aborted; opened += 1) {
      await useSocket(`q${index}_${opened}`);
      await pause(10);
    }
  });
}

// Real attackers use other machines: here they get only the processor time that the server and its users leave.
setPriority(constants.priority.PRIORITY_LOW);
process.once("disconnect", () => process.exit());
process.once("message", (received: Order) => {
  order = received;
  // Running requests are cut when this process ends.
  const stopped = once(signal, "abort").then(() => pause(500));
  process.once("message", () => ending.abort());
  void Promise.race([attacks[order.attack](), stopped]).then(() => process.send!([...counts]));
});
