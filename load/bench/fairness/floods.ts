// Requests that cost more than their bytes before the server can understand them, by HTTP and by socket.
import { once } from "node:events";
import { Agent, request } from "node:http";
import { setTimeout as pause } from "node:timers/promises";

import { WebSocket } from "ws";

import type { Means } from "./attacks.js";

const repeat = (text: string, times: number) => text.repeat(times);
const fragments = Array.from({ length: 99 }, (_, index) => `fragment F${index} on User{id}`).join(" ");
const spreads = Array.from({ length: 99 }, (_, index) => `...F${index}`).join(" ");
const schemaFields = Array.from(
  { length: 15 },
  (_, index) => `a${index}:fields{name type{name fields{name args{name type{name}} type{name ofType{name}}}}}`,
).join(" ");

/** Makes documents that all differ, of at most `most` bytes. */
const documents = {
  "repeated fields": (id: string) => `query ${id}{${repeat("me{id}", 240)}}`,
  "repeated fragments": (id: string) => `query ${id}{me{${spreads}}} ${fragments}`,
  "lines of comments": (id: string, most: number) => `#${id}\n${repeat("#\n", most / 4)}{__typename}`,
  "aliased introspection": (id: string) => `query ${id}{__schema{types{${schemaFields}}}}`,
} as const satisfies Record<string, (id: string, most: number) => string>;

/** Makes JSON that isn't a request, or a request with a wide input. */
const bodies = {
  "nested JSON": (most: number) => repeat("[", most),
  "wide JSON": (most: number) =>
    `{"query":"query($i:LoginInput!){__typename}","variables":{"i":{${Array.from(
      { length: most / 20 },
      (_, index) => `"key${index}":1`,
    ).join()}}}}`,
} as const satisfies Record<string, (most: number) => string>;

export type FloodName = keyof typeof documents | keyof typeof bodies | "large pings";

const clients = 4;
const pauseMilliseconds = 10;

const bodyOf = (flood: FloodName, id: string, most: number): string => {
  if (flood in bodies) return bodies[flood as keyof typeof bodies](most);
  return JSON.stringify({ query: documents[flood as keyof typeof documents](id, most) });
};

/** Sends one request after another over a few connections. */
export async function floodByHttp(flood: FloodName, { client, signal, note }: Means): Promise<void> {
  const agent = new Agent({ keepAlive: true });
  const post = (body: string) =>
    new Promise<string>((resolve) => {
      const sent = request(client.url, { agent, method: "POST", headers: client.headers, signal }, (response) => {
        response.resume().once("close", () => resolve(`HTTP ${response.statusCode}`));
      });
      sent.once("error", () => resolve("closed"));
      sent.end(body);
    });
  await Promise.all(
    Array.from({ length: clients }, async (_, index) => {
      for (let count = 0; !signal.aborted; count += 1) {
        note(await post(bodyOf(flood, `q${index}_${count}`, 1_000_000)));
        await pause(pauseMilliseconds);
      }
    }),
  );
  agent.destroy();
}

/** Sends one message after another over a few sockets, which are reopened when the server closes them. */
export async function floodBySocket(flood: FloodName, { client, signal, note }: Means): Promise<void> {
  const { authorization, "x-forwarded-for": address } = client.headers;
  const payloadOf = (id: string) => JSON.parse(bodyOf(flood, id, 60_000)) as object;
  const messageOf = (id: string): string => {
    if (flood === "nested JSON") return bodyOf(flood, id, 60_000);
    if (flood === "large pings") return JSON.stringify({ type: "ping", payload: { x: repeat("x", 60_000) } });
    return JSON.stringify({ type: "subscribe", id, payload: payloadOf(id) });
  };
  const onSocket = async (name: string): Promise<void> => {
    const socket = new WebSocket(client.url.replace("http", "ws"), "graphql-transport-ws", {
      headers: { "x-forwarded-for": address! },
    });
    socket.on("error", () => {});
    const isClosed = new Promise<void>((resolve) => socket.once("close", () => resolve()));
    const next = () => Promise.race([once(socket, "message"), isClosed.then(() => undefined)]);
    await Promise.race([once(socket, "open"), isClosed]);
    if (socket.readyState !== WebSocket.OPEN) return note("closed");
    socket.send(JSON.stringify({ type: "connection_init", payload: { authorization } }));
    await next();
    for (let count = 0; !signal.aborted && socket.readyState === WebSocket.OPEN; count += 1) {
      socket.send(messageOf(`${name}_${count}`));
      note((await next()) === undefined ? "closed" : "answered");
      await pause(2 * pauseMilliseconds);
    }
    socket.terminate();
    await isClosed;
  };
  await Promise.all(
    Array.from({ length: clients }, async (_, index) => {
      for (let count = 0; !signal.aborted; count += 1) {
        await onSocket(`q${index}_${count}`);
        await pause(pauseMilliseconds);
      }
    }),
  );
}
