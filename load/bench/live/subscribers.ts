// A process of subscribers, so that their cost isn't measured with the server's.
import { setTimeout as pause } from "node:timers/promises";

import { WebSocket } from "ws";

export type Subscription = {
  readonly url: string;
  readonly token: string;
  /** The selected fields of an event, in addition to the cursor. */
  readonly fields: string;
  /** The cursor to continue from. */
  readonly after?: string | undefined;
};

const patienceMilliseconds = 20_000;
const openedAtOnce = 50;
const cursorPattern = /"cursor":"([\w-]+)"/g;

const sockets = new Set<WebSocket>();
const arrivals: number[] = [];
let renewed: Readonly<Record<string, string>> = {};
let [ended, returned] = [0, 0];

/** Opens a socket, and resolves when its subscription has begun. Messages aren't parsed, which would take long. */
function subscribe({ url, token, fields, after }: Subscription): Promise<WebSocket> {
  const socket = new WebSocket(url.replace("http", "ws"), "graphql-transport-ws", { perMessageDeflate: false });
  sockets.add(socket);
  let cursor = after;
  const send = (message: object) => socket.send(JSON.stringify(message));
  return new Promise((resolve) => {
    let hasBegun = false;
    const begin = () => {
      hasBegun = true;
      resolve(socket);
    };
    socket.on("open", () => send({ type: "connection_init", payload: { authorization: `Bearer ${token}` } }));
    socket.on("message", (data) => {
      const text = (data as Buffer).toString("latin1");
      if (text.includes('"connection_ack"')) {
        const query = `subscription ($after: String) { postEvents(after: $after) { kind cursor ${fields} } }`;
        send({ type: "subscribe", id: "1", payload: { query, variables: { after } } });
        // A resumed subscription receives nothing until something happens.
        if (after !== undefined) begin();
      }
      for (const [, found] of text.matchAll(cursorPattern)) {
        cursor = found;
        // Milliseconds since 1970, comparable between processes and finer than Date.now().
        if (hasBegun) arrivals.push(performance.timeOrigin + performance.now());
        else begin();
      }
    });
    socket.on("error", () => {});
    socket.on("close", () => {
      if (!sockets.delete(socket)) return;
      ended += 1;
      const next = renewed[token];
      if (next !== undefined) void subscribe({ url, token: next, fields, after: cursor }).then(() => (returned += 1));
    });
  });
}

/** The functions of this process, which its parent calls by messages. */
const calls = {
  async subscribe(
    subscription: Omit<Subscription, "token">,
    tokens: readonly string[],
    count: number,
    readsNothing = false,
  ) {
    for (let opened = 0; opened < count; opened += openedAtOnce)
      await Promise.all(
        Array.from({ length: Math.min(openedAtOnce, count - opened) }, async (_, index) => {
          const token = tokens[(opened + index) % tokens.length]!;
          const socket = await subscribe({ ...subscription, token });
          if (readsNothing) socket.pause();
        }),
      );
  },
  /** Waits until every subscriber has received an event, or no more come. Returns when they came. */
  async awaitEvent() {
    const until = performance.now() + patienceMilliseconds;
    while (arrivals.length < sockets.size && performance.now() < until) await pause(10);
    return arrivals.splice(0);
  },
  /** From now on, subscribers whose token has ended come back with the next token. */
  async comeBackWith(tokens: Readonly<Record<string, string>>) {
    renewed = tokens;
  },
  async countReturns() {
    return { ended, returned };
  },
  async leave() {
    const left = [...sockets];
    sockets.clear();
    for (const socket of left) socket.terminate();
  },
};
export type Calls = typeof calls;
export type Message = readonly [keyof Calls, ...unknown[]];

process.once("disconnect", () => process.exit());
process.on("message", ([name, ...args]: Message) => {
  const call = calls[name] as (...given: readonly unknown[]) => Promise<unknown>;
  void call(...args).then((result) => process.send!(result ?? null));
});
