import { once } from "node:events";

import { WebSocket } from "ws";

import type { FuzzedRequest } from "./documents.js";

/** The answer to a request: the codes of its errors, and anything that no client should see. */
export type FuzzedAnswer = { readonly codes: readonly string[]; readonly faults: readonly string[] };

export type FuzzClient = {
  readonly send: (request: FuzzedRequest) => Promise<FuzzedAnswer>;
  readonly close: () => void;
};

type GraphqlError = {
  readonly message: string;
  readonly extensions?: { readonly code?: string; readonly retryAfterSeconds?: number };
};

/** Describes the errors of an answer, whichever transport they come from. */
function answerOf(errors: readonly GraphqlError[] = [], faults: readonly string[] = []): FuzzedAnswer {
  const found = errors.flatMap(({ message, extensions: { code, retryAfterSeconds } = {} }) => {
    if (code === undefined) return [`an error without a code: ${message}`];
    if (code === "INTERNAL_SERVER_ERROR") return ["an internal error"];
    if (code === "SERVICE_UNAVAILABLE" && retryAfterSeconds === undefined) return [`${code} without retryAfterSeconds`];
    return [];
  });
  return { codes: errors.map(({ extensions }) => extensions?.code ?? "none"), faults: [...found, ...faults] };
}

/** Sends three of four requests by POST, the others by GET. */
export function httpClient(url: string, token: () => string | undefined): FuzzClient {
  let count = 0;
  return {
    async send({ query, variables, operationName }) {
      const authorization = token();
      const headers = {
        "content-type": "application/json",
        accept: count % 3 === 0 ? "application/json" : "application/graphql-response+json, text/event-stream;q=0.1",
        ...(authorization !== undefined && { authorization: `Bearer ${authorization}` }),
      };
      const parameters = { query, variables: JSON.stringify(variables), operationName: operationName ?? "" };
      const search = new URLSearchParams(parameters).toString();
      const response = await (count++ % 4 === 0 && search.length < 7000
        ? fetch(`${url}?${search}`, { headers })
        : fetch(url, { method: "POST", headers, body: JSON.stringify({ query, variables, operationName }) }));
      if (response.headers.get("content-type")?.startsWith("text/event-stream") === true) return firstOf(response);
      const { errors } = (await response.json()) as { errors?: GraphqlError[] };
      const isFailure = response.status === 503 ? response.headers.get("retry-after") === null : response.status >= 500;
      return answerOf(errors, isFailure ? [`HTTP ${response.status}`] : []);
    },
    close() {},
  };
}

/** Reads a stream's first answer, then disconnects. */
async function firstOf(response: Response): Promise<FuzzedAnswer> {
  let text = "";
  const decoder = new TextDecoder();
  for await (const chunk of response.body!) {
    text += decoder.decode(chunk as Uint8Array, { stream: true });
    if (/^data: .*\n/m.test(text)) break;
  }
  return answerOf(JSON.parse(/^data: (.*)$/m.exec(text)?.[1] ?? "{}").errors);
}

type SocketMessage = { readonly type: string; readonly id?: string; readonly payload?: any; readonly code?: number };

/** Sends documents over one socket after another, one document at a time. */
export function socketClient(url: string, token: () => string | undefined): FuzzClient {
  let socket: WebSocket | undefined;
  let count = 0;
  let receive = (_message: SocketMessage): void => {};
  const next = () => new Promise<SocketMessage>((resolve) => (receive = resolve));

  const open = async (): Promise<WebSocket> => {
    const opened = new WebSocket(url.replace("http", "ws"), "graphql-transport-ws");
    opened.on("error", () => {});
    opened.on("message", (data) => receive(JSON.parse((data as Buffer).toString("utf8")) as SocketMessage));
    opened.on("close", (code) => receive({ type: "closed", code }));
    await once(opened, "open");
    const authorization = token();
    const payload = authorization === undefined ? {} : { authorization: `Bearer ${authorization}` };
    const answered = next();
    opened.send(JSON.stringify({ type: "connection_init", payload }));
    await answered;
    return opened;
  };
  return {
    async send(request) {
      if (socket?.readyState !== WebSocket.OPEN) socket = await open();
      const id = String(count++);
      let message = next();
      socket.send(JSON.stringify({ type: "subscribe", id, payload: request }));
      for (;;) {
        const { type, id: of, payload, code } = await message;
        // 4403: the credential has expired; 1013: the client should try again later.
        if (type === "closed")
          return { codes: [`closed ${code}`], faults: code === 4403 || code === 1013 ? [] : [`closed ${code}`] };
        message = next();
        if (of !== id || type === "complete") continue;
        socket.send(JSON.stringify({ type: "complete", id }));
        return answerOf(type === "error" ? payload : payload.errors);
      }
    },
    close: () => socket?.terminate(),
  };
}
