import { on, once } from "node:events";

import { CloseCode, GRAPHQL_TRANSPORT_WS_PROTOCOL, MessageType } from "graphql-ws";
import { WebSocket, type RawData } from "ws";

import { answerIn, type Answer } from "../transport.js";

/** A server that runs somewhere, and an account of it. */
export type Deployment = {
  /** The GraphQL endpoint, such as `https://posts.example.com/graphql`. */
  readonly url: string;
  readonly email: string;
  readonly password: string;
  /** An access token of this server that has ended by now, for the check that needs one. */
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
  /** Any request to the endpoint, as it is. */
  readonly request: (init: RequestInit, search?: string) => Promise<Answer>;
  readonly post: (asked: Asked) => Promise<Answer>;
  readonly get: (asked: Asked) => Promise<Answer>;
  /** Opens a stream of events, and gives what gives the next one; undefined at the end. */
  readonly stream: (asked: Asked) => Promise<() => Promise<StreamEvent | undefined>>;
  readonly socket: (headers?: Readonly<Record<string, string>>) => Promise<Socket>;
};

export const eventStream = "text/event-stream";

/** The type that has a refusal's status. */
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

/** Talks to a deployment as clients do, until `signal` says that it has taken too long. */
export function clientOf({ url }: Deployment, signal?: AbortSignal): Client {
  const request = (init: RequestInit, search = "") =>
    fetch(url + search, { redirect: "manual", ...(signal && { signal }), ...init });
  return {
    request: async (init, search) => answerIn(await request(init, search)),
    async post(asked) {
      const response = await request(postOf(asked));
      if (!isStream(response)) return answerIn(response);
      // It would be read to its end, which may never come.
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
  /** The next message; undefined where the socket was closed. */
  readonly next: () => Promise<Json>;
  readonly closed: Promise<{ readonly code: number; readonly reason: string }>;
  readonly end: () => void;
};

/** How the protocol closes a socket whose credential was refused. */
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
