import { createClient } from "graphql-ws";
import { WebSocket } from "ws";

import { endpointPath } from "../server/connection/paths.js";
import { httpOf } from "../server/endpoint/http-of.js";
import { readAccept } from "../server/endpoint/media-type.js";
import type { RunningServer } from "../server/server.js";

export type GraphQLError = {
  readonly message: string;
  readonly path?: readonly (string | number)[];
  readonly extensions: { readonly code: string; readonly [detail: string]: unknown };
};

/** A response as a client sees it. */
export type Answer = {
  /** The HTTP status; 0 over a socket, which has none. */
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
  // oxlint-disable-next-line typescript/no-explicit-any -- a test knows what it asked for
  readonly body: { readonly data?: any; readonly errors?: readonly GraphQLError[] };
};

export type RequestOptions = {
  readonly variables?: Record<string, unknown>;
  readonly token?: string | undefined;
  readonly headers?: Record<string, string>;
};

/** Sends one GraphQL request. */
export type Send = (query: string, options?: RequestOptions) => Promise<Answer>;

/** The way in which requests reach the server: HTTP, Apollo Server's `executeOperation`, or a WebSocket for each. */
export type Transport = "http" | "execute" | "socket";

/** Sends any request to a path of the server. */
export async function fetchAnswer(server: RunningServer, path: string, init?: RequestInit): Promise<Answer> {
  return answerIn(await fetch(new URL(path, server.url), init));
}

/** Returns a response that was read to its end. */
export async function answerIn(response: Response): Promise<Answer> {
  const text = await response.text();
  const json = text !== "" && /json/.test(response.headers.get("content-type") ?? "");
  return { status: response.status, headers: response.headers, text, body: json ? JSON.parse(text) : {} };
}

/** The Accept header of clients that know the draft of GraphQL over HTTP. */
const accept = "application/graphql-response+json, application/json;q=0.9";

const http =
  (server: RunningServer): Send =>
  (query, { variables, token, headers } = {}) =>
    fetchAnswer(server, endpointPath, {
      method: "POST",
      headers: {
        "content-type": "application/json",
        accept,
        ...(token !== undefined && { authorization: `Bearer ${token}` }),
        ...headers,
      },
      body: JSON.stringify({ query, variables }),
    });

const answerOf = (status: number, headers: Headers, result: unknown): Answer => {
  const text = JSON.stringify(result);
  return { status, headers, text, body: JSON.parse(text) as Answer["body"] };
};

/** Returns the Authorization header of a request without HTTP. */
function authorizationOf({ token, headers = {} }: RequestOptions): string | undefined {
  const named = Object.entries(headers).find(([name]) => name.toLowerCase() === "authorization")?.[1];
  return named ?? (token === undefined ? undefined : `Bearer ${token}`);
}

const execute =
  ({ apollo, createContext }: RunningServer): Send =>
  async (query, options = {}) => {
    const authorization = authorizationOf(options);
    const contextValue = await createContext({
      authorization: authorization === undefined ? [] : [authorization],
      userAgent: null,
      address: null,
    });
    const request = { query, ...(options.variables && { variables: options.variables }) };
    const { body } = await apollo.executeOperation(request, { contextValue });
    if (body.kind !== "single") throw new Error("The operation has more than one answer");
    const { errors, data } = body.singleResult;
    const { auth, operation } = contextValue;
    const answered = { auth, errors, failure: operation.failure, hasData: data !== undefined };
    const { status, type, headers } = httpOf(answered, readAccept(accept));
    return answerOf(status, new Headers({ ...headers, "content-type": type }), body.singleResult);
  };

const socket =
  ({ url }: RunningServer): Send =>
  async (query, options = {}) => {
    const authorization = authorizationOf(options);
    let refusal: unknown;
    const client = createClient({
      url: url.replace(/^http/, "ws"),
      webSocketImpl: WebSocket,
      connectionParams: authorization === undefined ? {} : { authorization },
      retryAttempts: 0,
      // A ping has the error of a bad credential before the socket is closed.
      on: { ping: (received, payload) => void (received && (refusal = payload)) },
    });
    try {
      const result = await new Promise((resolve, reject) => {
        let answer: unknown;
        client.subscribe(
          { query, ...(options.variables && { variables: options.variables }) },
          {
            next: (value) => (answer ??= value),
            complete: () => resolve(answer),
            error: (error) => {
              if (Array.isArray(error)) resolve({ errors: error });
              else if (refusal === undefined) reject(new Error("The socket was closed", { cause: error }));
              else resolve(refusal);
            },
          },
        );
      });
      return answerOf(0, new Headers(), result);
    } finally {
      await client.dispose();
    }
  };

export const transports: Readonly<Record<Transport, (server: RunningServer) => Send>> = { http, execute, socket };
