import { WebSocket } from "ws";

import { eventsIn, headersAsData, jsonOr, partsIn } from "./answer-form.js";
import { headersOf, open } from "./http-exchange.js";
import type { Operation, Recorder } from "./recorder.js";

const patienceMilliseconds = 15_000;
const quietMilliseconds = 120;

const pause = (milliseconds: number) => new Promise((resolve) => setTimeout(resolve, milliseconds));

async function until(holds: () => boolean): Promise<void> {
  const deadline = Date.now() + patienceMilliseconds;
  while (!holds() && Date.now() < deadline) await pause(5);
}

/** A socket that keeps all it sends and receives until `keep` writes it to the recording. */
export type RecordedSocket = {
  readonly send: (message: object | string | Buffer) => void;
  readonly subscribe: (id: string, query: string, variables?: object) => void;
  /** Waits until another `messages` messages have come. */
  readonly wait: (messages?: number) => Promise<void>;
  /** Waits until an operation is answered, and ends it if it is a subscription. */
  readonly finish: (id: string) => Promise<void>;
  readonly closed: () => Promise<void>;
  /** Waits for what comes at once, if anything does. */
  readonly settle: () => Promise<void>;
  readonly last: () => any;
  /** Leaves messages of a type out of the recording. */
  readonly forget: (type: string) => void;
  /** Waits for what may still come, closes the socket, and writes the entry. */
  readonly keep: (as: string) => Promise<void>;
};

type Message = { readonly type?: string; readonly id?: string; readonly payload?: unknown };

/** Opens a socket; `refused` upgrades are kept as their response. */
export async function openSocket(
  recorder: Recorder,
  headers: Record<string, string | string[]> = {},
  protocols: string[] = ["graphql-transport-ws"],
): Promise<RecordedSocket> {
  const sent: unknown[] = [];
  const received: Message[] = [];
  let opening: unknown;
  let close: { code: number; closeReason: string } | undefined;
  let awaited = 0;
  const socket = new WebSocket(recorder.url.replace("http", "ws"), protocols, { headers: headers as never });
  socket.on("message", (data) => {
    received.push(jsonOr((data as Buffer).toString("utf8")) as Message);
  });
  socket.on("close", (code, reason) => (close = { code, closeReason: reason.toString("utf8") }));
  socket.on("error", () => {});
  const handshake = new Promise<void>((resolve) => {
    socket.once("upgrade", (response) => (opening = headersAsData(headersOf(response), undefined)));
    socket.once("open", resolve);
    socket.once("close", () => resolve());
    socket.once("unexpected-response", (_request, response) => {
      let text = "";
      response.on("data", (chunk: Buffer) => (text += chunk.toString("utf8")));
      response.on("end", () => {
        const length = Buffer.byteLength(text);
        const refusal = headersAsData(headersOf(response), length);
        opening = { status: response.statusCode, headers: refusal, body: jsonOr(text) };
        close = { code: 0, closeReason: "" };
        resolve();
      });
    });
  });
  await handshake;

  const send = (message: object | string | Buffer): void => {
    const text = typeof message === "string" || Buffer.isBuffer(message) ? message : JSON.stringify(message);
    sent.push(jsonOr(text.toString("latin1")));
    if (socket.readyState === WebSocket.OPEN) socket.send(text);
  };
  return {
    send,
    subscribe: (id, query, variables) => send({ type: "subscribe", id, payload: { query, variables } }),
    async wait(messages = 1) {
      awaited += messages;
      await until(() => received.length >= awaited || close !== undefined);
    },
    async finish(id) {
      const types = () => received.filter((message) => message.id === id).map(({ type }) => type);
      await until(() => types().length > 0 || close !== undefined);
      // A query is complete by the time that a later message is answered; a subscription goes on.
      const pongs = () => received.filter(({ type }) => type === "pong").length;
      const before = pongs();
      send({ type: "ping" });
      await until(() => pongs() > before || close !== undefined);
      if (types().at(-1) === "next") send({ type: "complete", id });
      awaited = received.length;
    },
    closed: () => until(() => close !== undefined),
    async settle() {
      await pause(2 * quietMilliseconds);
      awaited = received.length;
    },
    last: () => received.at(-1),
    forget: (type) => void received.splice(0, received.length, ...received.filter((message) => message.type !== type)),
    async keep(as) {
      if (close === undefined) await pause(quietMilliseconds);
      const answer = { opening, ...byOperation(received), close: close ?? "open" };
      recorder.keep({ as, headers, protocols, sent }, answer, Math.max(sent.length, 1));
      socket.terminate();
    },
  };
}

/** Sorts messages by the operation they are of, since operations of one socket answer in any order. */
function byOperation(messages: readonly Message[]) {
  const operations: Record<string, Message[]> = {};
  for (const message of messages) (operations[message.id ?? "connection"] ??= []).push(message);
  return { operations: Object.fromEntries(Object.entries(operations).toSorted(([a], [b]) => (a < b ? -1 : 1))) };
}

/** A stream that keeps all it receives until `keep` writes it to the recording. */
export type RecordedStream = {
  /** Waits until another `events` events have come. */
  readonly wait: (events?: number) => Promise<void>;
  readonly ended: () => Promise<void>;
  readonly parts: () => any[];
  readonly keep: (as: string) => Promise<void>;
};

/** Opens a stream: its request is one that says so by its Accept header. */
export async function openStream(recorder: Recorder, operation: Operation): Promise<RecordedStream> {
  const asked = recorder.requestOf(operation);
  let text = "";
  let hasEnded = false;
  let awaited = 0;
  const response = await open(recorder.url, asked);
  response.setEncoding("utf8");
  response.on("data", (chunk: string) => (text += chunk));
  response.on("close", () => (hasEnded = true));
  response.on("error", () => {});
  const type = response.headers["content-type"] ?? "";
  const parts = (): any[] => {
    if (type.startsWith("text/event-stream")) return eventsIn(text);
    return type.startsWith("multipart/") ? partsIn(text) : [jsonOr(text)];
  };
  return {
    parts,
    async wait(events = 1) {
      awaited += events;
      await until(() => parts().length >= awaited || hasEnded);
    },
    ended: () => until(() => hasEnded),
    async keep(as) {
      if (!hasEnded) await pause(quietMilliseconds);
      const headers = headersAsData(headersOf(response), Buffer.byteLength(text));
      const answer = { status: response.statusCode, headers, parts: parts(), ended: hasEnded };
      recorder.keep({ as, ...operation }, answer);
      response.destroy();
    },
  };
}
