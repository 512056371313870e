import { on, once } from "node:events";

import { CloseCode, GRAPHQL_TRANSPORT_WS_PROTOCOL, MessageType } from "graphql-ws";
import { WebSocket, type RawData } from "ws";

import { answerIn, type Answer } from "../transport.js";

/** A running server, and an account on it. */
export type Deployment = {
  /** The GraphQL endpoint, such as `https://posts.example.com/graphql`. */
  readonly url: string;
  readonly email: string;
  readonly password: string;
  /** An expired access token of this server, for the check that needs one. */
  readonly expiredToken?: string | undefined;
};

// oxlint-disable-next-line typescript/no-explicit-any -- each check knows what it asked for
export type Json = any;

export type Asked = {
  readonly query: string;
  readonly variables?: Readonly<Record<string, unknown>>;
  readonly authorization?: string | undefined;
  readonly accept?: string;
};

export type Client = {
  /** Sends any request to the endpoint. */
  readonly request: (init: RequestInit, search?: string) => Promise<Answer>;
  readonly post: (asked: Asked) => Promise<Answer>;
  readonly get: (asked: Asked) => Promise<Answer>;
  /** Opens a stream of events. Returns the function that returns the next event, and undefined at the end. */
  readonly stream: (asked: Asked) => Promise<() => Promise<StreamEvent | undefined>>;
  readonly socket: (headers?: Readonly<Record<string, string>>) => Promise<Socket>;
};

export const eventStream = "text/event-stream";

/** The media type whose errors have a status. */
export const newerType = "application/graphql-response+json";

const headersOf = ({ authorization, accept = newerType }: Omit<Asked, "query">) => ({
  accept,
  ...(authorization !== undefined && { authorization }),
});

const isStream = ({ headers }: Response) => headers.get("content-type")?.startsWith(eventStream) === true;

const postOf = (asked: Asked): RequestInit => ({
  method: "POST",
  headers: { ...headersOf(asked), "content-type": "application/json" },
  body: JSON.stringify({ query: asked.query, variables: asked.variables }),
});

/** Calls a deployment like a client, until `signal` ends it. */
export function clientOf({ url }: Deployment, signal?: AbortSignal): Client {
  const request = (init: RequestInit, search = "") =>
    fetch(url + search, { redirect: "manual", ...(signal && { signal }), ...init });
  return {
    request: async (init, search) => answerIn(await request(init, search)),
    async post(asked) {
      const response = await request(postOf(asked));
      if (!isStream(response)) return answerIn(response);
      // Reading it to the end may take for ever.
      await response.body?.cancel();
      return { status: response.status, headers: response.headers, text: "a stream", body: {} };
    },
    get: async ({ query, ...asked }) =>
      answerIn(await request({ headers: headersOf(asked) }, `?${new URLSearchParams({ query }).toString()}`)),
    async stream(asked) {
      const response = await request(postOf({ ...asked, accept: eventStream }));
      if (!isStream(response)) throw new Error(`no event stream, but ${response.status} ${await response.text()}`);
      const events = eventsIn(response);
      return async () => (await events.next()).value;
    },
    socket: (headers) => openSocket(url, signal, headers),
  };
}

/** A message of GraphQL over SSE. */
export type StreamEvent = { readonly event: string; readonly data: Json };

async function* eventsIn({ body }: Response): AsyncGenerator<StreamEvent, undefined> {
  let unread = "";
  for await (const chunk of body!.pipeThrough(new TextDecoderStream())) {
    const blocks = (unread + chunk).split("\n\n");
    unread = blocks.pop()!;
    for (const block of blocks) {
      const [, event, data] = /^event: (\w+)\ndata:(.*)$/.exec(block) ?? [];
      if (event !== undefined) yield { event, data: data === "" ? undefined : JSON.parse(data!) };
    }
  }
}

/** A socket of the protocol graphql-transport-ws. */
export type Socket = {
  readonly send: (message: { readonly type: MessageType; readonly id?: string; readonly payload?: unknown }) => void;
  /** Returns the next message; undefined once the socket is closed. */
  readonly next: () => Promise<Json>;
  readonly closed: Promise<{ readonly code: number; readonly reason: string }>;
  readonly end: () => void;
};

/** The close code for a rejected credential. */
export const forbidden: number = CloseCode.Forbidden;

async function openSocket(url: string, signal?: AbortSignal, headers = {}): Promise<Socket> {
  signal?.throwIfAborted();
  const socket = new WebSocket(url.replace(/^http/, "ws"), GRAPHQL_TRANSPORT_WS_PROTOCOL, { headers });
  const end = () => socket.terminate();
  signal?.addEventListener("abort", end);
  const messages = on(socket, "message", { close: ["close"] });
  const closed = new Promise<{ code: number; reason: string }>((resolve) => {
    socket.once("close", (code: number, reason: Buffer) => resolve({ code, reason: reason.toString("utf8") }));
  });
  await once(socket, "open");
  return {
    send: (message) => socket.send(JSON.stringify(message)),
    async next() {
      const { value } = (await messages.next()) as { readonly value?: readonly [RawData] };
      return value === undefined ? undefined : JSON.parse((value[0] as Buffer).toString("utf8"));
    },
    closed,
    end,
  };
}
