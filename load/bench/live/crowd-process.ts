// A process of listeners, so that their cost isn't measured with the server's.
import { setTimeout as pause } from "node:timers/promises";

import { listen, type Listener, type Listening } from "./listener.js";

/** An order to the process. */
export type Order =
  | {
      readonly do: "join";
      readonly url: string;
      readonly tokens: readonly string[];
      readonly count: number;
      readonly fields: string;
      /** Whether they stop reading once they have begun. */
      readonly deaf?: boolean;
    }
  /** Waits until every listener has received `each` events, or no more come. */
  | { readonly do: "await events"; readonly each: number }
  /** From now on, listeners that are closed come back with the next token. */
  | { readonly do: "come back"; readonly renewed: Readonly<Record<string, string>> }
  | { readonly do: "count comebacks" }
  | { readonly do: "leave" };

const patienceMilliseconds = 20_000;
const atOnce = 50;

const listeners = new Set<Listener>();
let arrivals: number[] = [];
let renewed: Readonly<Record<string, string>> = {};
let ended = 0;
let comebacks = 0;

function add(listening: Listening): Listener {
  const listener = listen(listening, {
    onEvent: (at) => void arrivals.push(at),
    onEnd(after) {
      listeners.delete(listener);
      ended += 1;
      const token = renewed[listening.token];
      if (token === undefined) return;
      const again = add({ ...listening, token, after });
      void again.ready.then(() => (comebacks += 1));
    },
  });
  listeners.add(listener);
  return listener;
}

async function join({ url, tokens, count, fields, deaf }: Extract<Order, { do: "join" }>): Promise<void> {
  for (let joined = 0; joined < count; joined += atOnce)
    await Promise.all(
      Array.from({ length: Math.min(atOnce, count - joined) }, async (_, index) => {
        const listener = add({ url, token: tokens[(joined + index) % tokens.length]!, fields });
        await listener.ready;
        if (deaf === true) listener.pause();
      }),
    );
}

async function run(order: Order): Promise<unknown> {
  switch (order.do) {
    case "join":
      return join(order);
    case "await events": {
      const until = performance.now() + patienceMilliseconds;
      while (arrivals.length < order.each * listeners.size && performance.now() < until) await pause(10);
      const heard = arrivals;
      arrivals = [];
      return heard;
    }
    case "come back":
      ({ renewed } = order);
      return undefined;
    case "count comebacks":
      return { ended, comebacks };
    case "leave":
      renewed = {};
      for (const listener of listeners) listener.close();
      listeners.clear();
      return undefined;
  }
}

process.once("disconnect", () => process.exit());
process.on("message", (order: Order) => {
  void run(order).then((result) => process.send!(result ?? null));
});
