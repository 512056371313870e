import { setTimeout as pause } from "node:timers/promises";

import { bodyAsData, headersAsData, jsonOr } from "./answer-form.js";
import { exchange, exchangeRaw, type Answered, type Asked } from "./http-exchange.js";
import { Placeholders } from "./placeholders.js";

/** A line of a recording: what was asked and what was answered. */
export type Entry = {
  readonly chapter: string;
  readonly step: number;
  readonly operations: number;
  readonly asked: unknown;
  readonly answer: unknown;
};

/** A GraphQL request in short. It is a POST of JSON unless it says otherwise. */
export type Operation = {
  readonly query?: string | undefined;
  readonly variables?: unknown;
  readonly operationName?: string | undefined;
  readonly extensions?: unknown;
  /** The access token, or the whole of each Authorization header. */
  readonly token?: string | undefined;
  readonly authorization?: readonly string[] | undefined;
  readonly accept?: string | undefined;
  readonly byGet?: boolean | undefined;
  readonly headers?: readonly (readonly [string, string])[] | undefined;
  /** The client's address; another one each time if it is left out. */
  readonly address?: string | undefined;
};

/** An answer as a chapter uses it, before anything is replaced. */
export type Answer = Answered & { readonly body: any };

/** Sends the requests of a chapter, one after the other, and writes each with its answer. */
export class Recorder {
  readonly #placeholders = new Placeholders();
  #step = 0;

  constructor(
    readonly chapter: string,
    readonly url: string,
    private readonly write: (entry: Entry) => void,
  ) {}

  /** Sends a GraphQL request. */
  graphql(operation: Operation): Promise<Answer> {
    return this.ask(this.requestOf(operation));
  }

  /** Sends any request, and keeps it with its answer. */
  async ask(asked: Asked): Promise<Answer> {
    await nextMillisecond();
    const answered = await exchange(this.url, asked);
    const body = bodyAsData(answered.bytes, answered.headers["content-type"]);
    const ownId = asked.headers.find(([name]) => name.toLowerCase() === "x-request-id")?.[1];
    const headers = headersAsData(answered.headers, answered.bytes.length);
    if (asked.method === "HEAD" && "content-length" in headers) headers["content-length"] = "<any>";
    if (ownId !== undefined && headers["x-request-id"] === ownId) headers["x-request-id"] = "<the caller's>";
    this.keep(askedAsData(asked), { status: answered.status, headers, body });
    return { ...answered, body };
  }

  /** Sends bytes that may not be HTTP. */
  async askRaw(text: string | Buffer): Promise<void> {
    const answer = await exchangeRaw(this.url, text);
    const [head = "", ...body] = answer.split("\r\n\r\n");
    const lines = head.split("\r\n").map((line) => line.replace(/^(date|content-length): .*/i, "$1: <any>"));
    this.keep(text.toString("latin1"), { lines, body: jsonOr(body.join("\r\n\r\n")) });
  }

  /** Writes an entry of the recording. */
  keep(asked: unknown, answer: unknown, operations = 1): void {
    const now = Date.now();
    this.#step += 1;
    this.write({
      chapter: this.chapter,
      step: this.#step,
      operations,
      asked: this.#placeholders.ofRequest(asked, now),
      answer: this.#placeholders.of(answer, now),
    });
  }

  /** Returns the request of an operation as it is sent. */
  requestOf({ token, authorization, accept, byGet, headers = [], address, ...body }: Operation): Asked {
    const credentials = authorization ?? (token === undefined ? [] : [`Bearer ${token}`]);
    const common: (readonly [string, string])[] = [
      ...(accept === undefined ? [] : [["Accept", accept] as const]),
      ...credentials.map((value) => ["Authorization", value] as const),
      ["X-Forwarded-For", address ?? `10.9.${this.#step >> 8}.${this.#step & 255}`],
      ...headers,
    ];
    if (byGet !== true) {
      const type = headers.some(([name]) => name.toLowerCase() === "content-type");
      const typed = type ? common : [["Content-Type", "application/json"] as const, ...common];
      return { method: "POST", path: "/graphql", headers: typed, body: JSON.stringify(body) };
    }
    const search = new URLSearchParams();
    for (const [name, value] of Object.entries(body))
      if (value !== undefined) search.set(name, typeof value === "string" ? value : JSON.stringify(value));
    return { method: "GET", path: `/graphql?${search.toString()}`, headers: common };
  }
}

function askedAsData({ method, path, headers, body }: Asked): unknown {
  const text = body === undefined ? undefined : body.toString("latin1");
  return {
    method,
    path: decoded(path),
    headers: headers.map((header) => header.join(": ")),
    body: text && jsonOr(text),
  };
}

function decoded(path: string): string {
  try {
    return decodeURIComponent(path.replaceAll("+", " "));
  } catch {
    return path;
  }
}

/** Waits until no later operation has the instant of an earlier one, which would leave their order to chance. */
async function nextMillisecond(): Promise<void> {
  const now = Date.now();
  while (Date.now() <= now) await pause(1);
}
