import { once } from "node:events";

import { WebSocket } from "ws";

import type { FuzzedRequest } from "./documents.js";

/** The answer to a request: the codes of its errors, and anything that no client should see. */
export type FuzzedAnswer = { readonly codes: readonly string[]; readonly faults: readonly string[] };

export type FuzzClient = {
  readonly send: (request: FuzzedRequest) => Promise<FuzzedAnswer>;
  readonly close: () => void;
};

type Errors = readonly {
  readonly message: string;
  readonly extensions?: { readonly code?: string; retryAfterSeconds?: number };
}[];

/** Returns the faults of errors, whichever transport they come from. */
function faultsOf(errors: Errors): string[] {
  return errors.flatMap(({ message, extensions }) => {
    if (extensions?.code === undefined) return [`an error without a code: ${message}`];
    if (extensions.code === "INTERNAL_SERVER_ERROR") return ["an incident"];
    if (extensions.code === "SERVICE_UNAVAILABLE" && extensions.retryAfterSeconds === undefined)
      return ["SERVICE_UNAVAILABLE that does not say when to come back"];
    return [];
  });
}

const codesOf = (errors: Errors) => errors.map(({ extensions }) => extensions?.code ?? "none");

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
      const search = new URLSearchParams({
        query,
        variables: JSON.stringify(variables),
        operationName: operationName ?? "",
      });
      const byGet = count++ % 4 === 0 && search.toString().length < 7000;
      const response = byGet
        ? await fetch(`${url}?${search.toString()}`, { headers })
        : await fetch(url, { method: "POST", headers, body: JSON.stringify({ query, variables, operationName }) });
      if (response.headers.get("content-type")?.startsWith("text/event-stream") === true) return firstOf(response);
      const { errors = [] } = (await response.json()) as { errors?: Errors };
      const faults = faultsOf(errors);
      if (response.status >= 500 && response.status !== 503) faults.push(`HTTP ${response.status}`);
      if (response.status === 503 && response.headers.get("retry-after") === null)
        faults.push("503 without Retry-After");
      return { codes: codesOf(errors), faults };
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
  const data = /^data: (.*)$/m.exec(text)?.[1];
  const { errors = [] } = (data === undefined ? {} : JSON.parse(data)) as { errors?: Errors };
  return { codes: codesOf(errors), faults: faultsOf(errors) };
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
        if (type === "closed") {
          // The credential has expired, or the client should try again later.
          const isExpected = [4403, 1013].includes(code!);
          return { codes: [`closed ${code}`], faults: isExpected ? [] : [`closed ${code}`] };
        }
        message = next();
        if (of !== id || type === "complete") continue;
        const errors: Errors = type === "error" ? payload : (payload.errors ?? []);
        socket.send(JSON.stringify({ type: "complete", id }));
        return { codes: codesOf(errors), faults: faultsOf(errors) };
      }
    },
    close: () => socket?.terminate(),
  };
}
