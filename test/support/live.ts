import { request, type ClientRequest, type IncomingMessage } from "node:http";

import { onTestFinished } from "vitest";
import { WebSocket, type RawData } from "ws";

import type { Api } from "./api.js";

export type Message = { readonly type: string; readonly id?: string; readonly payload?: any };
export type Close = { readonly code: number; readonly reason: string };

/** Makes a queue of items that have arrived, from which a test takes them. */
export function inbox<Item>() {
  const items: Item[] = [];
  const waiting: ((item: Item) => void)[] = [];
  return {
    add: (item: Item): void => {
      const take = waiting.shift();
      if (take === undefined) items.push(item);
      else take(item);
    },
    next: (): Promise<Item> =>
      items.length === 0 ? new Promise((resolve) => waiting.push(resolve)) : Promise.resolve(items.shift()!),
    /** Takes all items that have arrived. */
    rest: (): Item[] => items.splice(0),
  };
}

/** Parses a message of a socket. */
export const jsonOf = (data: RawData): any => JSON.parse((data as Buffer).toString("utf8"));

export type TestSocket = {
  readonly send: (message: Message | string) => void;
  /** Returns the next message that isn't a heartbeat. */
  readonly next: () => Promise<Message>;
  readonly rest: () => Message[];
  readonly closed: Promise<Close>;
  readonly close: (code?: number) => void;
  readonly raw: WebSocket;
  /** Subscribes to events, and returns how to read them. */
  readonly subscribe: (id: string, query: string, variables?: object) => void;
};

export type SocketOptions = {
  /** The Authorization headers of the request. */
  readonly headers?: Record<string, string | string[]>;
  readonly protocols?: string[];
};

/** Opens a socket and sends nothing on it. */
export async function openSocket(api: Pick<Api, "url">, options: SocketOptions = {}): Promise<TestSocket> {
  const { headers = {}, protocols = ["graphql-transport-ws"] } = options;
  const raw = new WebSocket(api.url.replace("http", "ws"), protocols, { headers: headers as Record<string, string> });
  onTestFinished(() => raw.terminate());
  const { add, next, rest } = inbox<Message>();
  raw.on("message", (data) => add(jsonOf(data)));
  const closed = new Promise<Close>((resolve) =>
    raw.on("close", (code, reason) => resolve({ code, reason: reason.toString("utf8") })),
  );
  await new Promise((resolve, reject) => raw.once("open", resolve).once("error", reject));
  const send = (message: Message | string) => raw.send(typeof message === "string" ? message : JSON.stringify(message));
  return {
    raw,
    next,
    rest,
    closed,
    send,
    close: (code = 1000) => raw.close(code),
    subscribe: (id, query, variables) => send({ type: "subscribe", id, payload: { query, variables } }),
  };
}

/** Opens a socket with a credential, and returns it when the server has accepted it. */
export async function connect(api: Pick<Api, "url">, token: string): Promise<TestSocket & { readonly ack: any }> {
  const socket = await openSocket(api);
  socket.send({ type: "connection_init", payload: { Authorization: `Bearer ${token}` } });
  const { type, payload } = await socket.next();
  if (type !== "connection_ack") throw new Error(`no acknowledgement: ${type}`);
  return { ...socket, ack: payload };
}

/** The parts of an event that tests look at. */
export type SeenEvent = { readonly kind: string; readonly cursor: string; readonly [field: string]: unknown };

/** Opens a subscription on a socket of its own. */
export async function follow(
  api: Pick<Api, "url">,
  token: string,
  { args = "", fields = "postId", after }: { args?: string; fields?: string; after?: string | undefined } = {},
) {
  const socket = await connect(api, token);
  const argument = after === undefined ? args : `${args} after: "${after}"`;
  socket.subscribe(
    "1",
    `subscription { postEvents${argument === "" ? "" : `(${argument})`} { kind cursor ${fields} } }`,
  );
  const event = async (): Promise<SeenEvent> => {
    const { type, payload } = await socket.next();
    if (type !== "next" || payload.errors !== undefined)
      throw new Error(`no event: ${type} ${JSON.stringify(payload)}`);
    return payload.data.postEvents;
  };
  const events = async (count: number): Promise<SeenEvent[]> => {
    const all: SeenEvent[] = [];
    while (all.length < count) all.push(await event());
    return all;
  };
  return { ...socket, event, events };
}

export type TestStream = {
  readonly status: number;
  readonly headers: IncomingMessage["headers"];
  /** Returns the next answer; undefined at the end. */
  readonly next: () => Promise<any>;
  /** Returns the body so far. */
  readonly text: () => string;
  readonly ended: Promise<void>;
  readonly request: ClientRequest;
};

export const eventStream = "text/event-stream";
export const multipart =
  "multipart/mixed;boundary=-;subscriptionSpec=1.0,application/graphql-response+json,application/json;q=0.9";

/** Posts a request that is answered as a stream. */
export function openStream(
  api: Pick<Api, "url">,
  query: string,
  { accept = eventStream, authorization = [] }: { accept?: string; authorization?: readonly string[] } = {},
): Promise<TestStream> {
  return new Promise((resolve, reject) => {
    const headers = { "content-type": "application/json", accept, ...(authorization.length > 0 && { authorization }) };
    const sent = request(api.url, { method: "POST", headers: headers as any }, (response) => {
      const { add, next } = inbox<any>();
      const read = response.headers["content-type"]?.startsWith("text/event-stream") ? readEvents : readParts;
      let text = "";
      let unread = "";
      response.setEncoding("utf8").on("data", (chunk: string) => {
        text += chunk;
        unread = read(unread + chunk, add);
      });
      const ended = new Promise<void>((done) => response.once("close", done));
      void ended.then(() => add(undefined));
      resolve({
        status: response.statusCode!,
        headers: response.headers,
        next,
        text: () => text,
        ended,
        request: sent,
      });
    });
    sent.on("error", reject);
    onTestFinished(() => void sent.destroy());
    sent.end(JSON.stringify({ query }));
  });
}

function readEvents(text: string, add: (answer: any) => void): string {
  const blocks = text.split("\n\n");
  const rest = blocks.pop()!;
  for (const block of blocks) {
    const [, event, data] = /^event: (\w+)\ndata:(.*)$/.exec(block) ?? [];
    if (event === "next") add(JSON.parse(data!));
    else if (event !== undefined) add(event);
  }
  return rest;
}

function readParts(text: string, add: (answer: any) => void): string {
  const parts = text.split("\r\n--graphql");
  const rest = parts.pop()!;
  for (const part of parts) {
    const json = part.split("\r\n\r\n")[1];
    if (json !== undefined && json !== "{}") add(JSON.parse(json));
  }
  return rest;
}
