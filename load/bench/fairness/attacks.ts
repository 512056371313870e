import type { Socket } from "node:net";
import { setTimeout as pause } from "node:timers/promises";

import type { Answer, Client } from "../../client.js";
import { headOf, rawConnection } from "../../raw-request.js";
import * as documents from "./documents.js";
import { floodByHttp, floodBySocket, type FloodName } from "./floods.js";

/** Everything that an attack works with. */
export type Means = {
  readonly client: Client;
  /** Ends the attack. */
  readonly signal: AbortSignal;
  /** Whether a client that receives Retry-After waits that long, or tries again at once. */
  readonly patient: boolean;
  readonly note: (code: string) => void;
  /** The selection of the page that an attack reads, if it reads one. */
  readonly posts: string;
  /** The kind of flood, for attacks that are floods. */
  readonly flood: FloodName;
};
type Attack = (means: Means) => Promise<unknown>;

/** The attacks. Each ends with its signal, or when it has sent everything. */
export const attacks = {
  /** Row 1: once. */
  repeatedWords: async (means) => {
    const answers: Promise<void>[] = [];
    for (let count = 0; count < 200 && !means.signal.aborted; count += 1) {
      answers.push(once(means, documents.search, { s: documents.repeatedWord }));
      await pause(5);
    }
    await Promise.all(answers);
  },
  searches: (means) => inALoop(means, 8, () => means.client.send(documents.search, { s: "the" }, means)),
  narrowByVotes: (means) => inALoop(means, 8, () => means.client.send(documents.narrowByVotes(), {}, means)),
  counts: (means) => inALoop(means, 8, () => means.client.send(documents.counts(), {}, means)),
  aliasedSearches: (means) => inALoop(means, 2, () => means.client.send(documents.aliasedSearches(), {}, means)),
  /** Row 4: once. */
  abandonedSearches: async (means) => {
    await Promise.all(
      Array.from({ length: 60 }, () =>
        once({ ...means, signal: AbortSignal.timeout(400) }, documents.search, { s: "the" }),
      ),
    );
  },
  /** Row 5: once. */
  eightfoldPage: (means) => once(means, documents.eightfold(means.posts)),
  fourEightfoldPages: async (means) => {
    await Promise.all(Array.from({ length: 4 }, () => once(means, documents.eightfold(means.posts))));
  },
  deafSockets: (means) => deafSockets(means, 40),
  unfinishedBodies: (means) => unfinishedBodies(means, 1000),
  /** Row 12. */
  flood: (means) => floodByHttp(means.flood, means),
  socketFlood: (means) => floodBySocket(means.flood, means),
  wrongLogins: (means) => inALoop(means, 250, () => wrongLogin(means)),
} satisfies Record<string, Attack>;

export type AttackName = keyof typeof attacks;

const once = async (means: Means, query: string, variables: object = {}) =>
  means.note((await means.client.send(query, variables, means)).code);

async function inALoop(means: Means, clients: number, send: () => Promise<Answer>): Promise<void> {
  const { signal, patient, note } = means;
  const loop = async () => {
    while (!signal.aborted) {
      const { code, retryAfterSeconds } = await send();
      if (signal.aborted) return;
      note(code);
      const waitSeconds = code === "closed" ? 0.1 : patient ? (retryAfterSeconds ?? 0) : 0;
      if (waitSeconds > 0) await pause(waitSeconds * 1000, undefined, { signal }).catch(() => {});
    }
  };
  await Promise.all(Array.from({ length: clients }, loop));
}

let strangers = 0;
/** Returns an address that was not used before. */
const newAddress = () => `11.${(strangers >> 16) & 255}.${(strangers >> 8) & 255}.${strangers++ & 255}`;

function wrongLogin({ client, signal }: Means): Promise<Answer> {
  const address = newAddress();
  const input = { email: `${address}.${Date.now()}@example.com`, password: "a wrong password" };
  return client.send(documents.login, { input }, { signal, address });
}

/** Opens sockets that query a page and read nothing of it. */
async function deafSockets(means: Means, count: number): Promise<void> {
  const body = JSON.stringify({ query: means.posts });
  const sockets = Array.from({ length: count }, () => {
    const socket = rawConnection(means.client.url);
    socket.write(`${headOf(means.client.headers, body.length)}${body}`);
    return socket;
  });
  await aborted(means.signal);
  // Only now read the first line of each answer.
  for (const socket of sockets) {
    noteStatus(socket, means.note);
    socket.resume();
  }
  await pause(300);
  for (const socket of sockets) socket.destroy();
}

/** Opens connections that send nearly all of a body of the largest allowed size, without a credential. */
async function unfinishedBodies(means: Means, count: number): Promise<void> {
  const length = 1024 * 1024;
  const most = Buffer.alloc(length - 100, " ");
  const sockets: Socket[] = [];
  while (sockets.length < count && !means.signal.aborted) {
    const socket = rawConnection(means.client.url);
    noteStatus(socket, means.note);
    socket.resume();
    socket.write(headOf({ ...means.client.headers, "x-forwarded-for": newAddress() }, length));
    socket.write(most);
    sockets.push(socket);
    // Slowly, so that the kernel's queue of new connections doesn't fill up.
    if (sockets.length % 50 === 0) await pause(100);
  }
  await aborted(means.signal);
  for (const socket of sockets) socket.destroy();
}

function noteStatus(socket: Socket, note: (code: string) => void): void {
  let noted = false;
  const noteOnce = (code: string) => {
    if (!noted) note(code);
    noted = true;
  };
  socket.on("data", (chunk: Buffer) => noteOnce(`HTTP ${chunk.toString("latin1", 9, 12)}`));
  socket.once("close", () => noteOnce("closed"));
}

const aborted = (signal: AbortSignal) =>
  new Promise<void>((resolve) => {
    if (signal.aborted) resolve();
    signal.addEventListener("abort", () => resolve(), { once: true });
  });
