import { createClient as createStreamClient, NetworkError } from "graphql-sse";
import { createClient as createSocketClient, MessageType } from "graphql-ws";

import type { Request } from "./operations.js";
import { refusalIn } from "./refusal.js";

/** How a connection ended: `code` is a socket's close code, or the HTTP status of a stream that never began. */
export type End = {
  readonly code: number | undefined;
  readonly reason: string;
  /** Whether the server said that the subscription is complete. */
  readonly isComplete: boolean;
};

export type Connection = {
  readonly ended: Promise<End>;
  /** Sends a newer token over the connection. @returns false if this kind of connection can't take one. */
  readonly renew: (token: string) => boolean;
  readonly close: () => void;
};

export type Connect = (parts: {
  readonly url: string;
  readonly token: string | undefined;
  readonly request: Request;
  readonly opened: () => void;
  readonly next: (result: unknown) => void;
  /** Called when the server has accepted a newer token, with the instant at which the connection now expires. */
  readonly renewed: (expiresAt: string) => void;
}) => Connection;

const complete: End = { code: undefined, reason: "complete", isComplete: true };

/** Opens a subscription on a WebSocket of its own, by graphql-transport-ws. */
export const overSocket: Connect = ({ url, token, request, opened, next, renewed }) => {
  let socket: WebSocket | undefined;
  const client = createSocketClient({
    url: url.replace(/^http/, "ws"),
    retryAttempts: 0,
    connectionParams: token === undefined ? {} : { authorization: `Bearer ${token}` },
    on: {
      connected(open) {
        socket = open as WebSocket;
        opened();
      },
      pong(isReceived, told) {
        const { expiresAt } = (told ?? {}) as { expiresAt?: string };
        if (isReceived && expiresAt !== undefined) renewed(expiresAt);
      },
    },
  });
  const ended = new Promise<End>((resolve) => {
    client.subscribe(request, {
      next,
      complete: () => resolve(complete),
      error: (failure) => resolve(endOf(failure)),
    });
  });
  return {
    ended,
    renew(newer) {
      socket?.send(JSON.stringify({ type: MessageType.Ping, payload: { authorization: `Bearer ${newer}` } }));
      return socket !== undefined;
    },
    close: () => void client.dispose(),
  };
};

function endOf(failure: unknown): End {
  if (Array.isArray(failure)) {
    const refusal = refusalIn({ errors: failure });
    const { message } = failure[0] as { message: string };
    return { code: undefined, reason: refusal?.reason ?? message, isComplete: refusal === undefined };
  }
  const { code, reason } = failure as { code?: number; reason?: string };
  return { code, reason: reason ?? "", isComplete: false };
}

/** Opens a subscription as a stream of server-sent events, which ends when its token expires. */
export const overStream: Connect = ({ url, token, request, opened, next }) => {
  const client = createStreamClient({
    url,
    retryAttempts: 0,
    headers: token === undefined ? {} : { authorization: `Bearer ${token}` },
    on: { connected: opened },
  });
  let refused: string | undefined;
  const ended = new Promise<End>((resolve) => {
    client.subscribe(request, {
      next(result) {
        // The server sends a refusal last: report it as the end, not as an event.
        refused = refusalIn(result)?.reason;
        if (refused === undefined) next(result);
      },
      complete: () => resolve(complete),
      error: (failure) => void endOfStream(failure, refused).then(resolve),
    });
  });
  return { ended, renew: () => false, close: () => client.dispose() };
};

async function endOfStream(failure: unknown, refused: string | undefined): Promise<End> {
  if (refused !== undefined) return { code: undefined, reason: refused, isComplete: false };
  const { response, message } = failure as NetworkError<Response>;
  if (response?.status === undefined || response.ok) return { code: undefined, reason: message, isComplete: false };
  const answer = (await response.json().catch(() => ({}))) as { errors?: { message: string }[] };
  const refusal = refusalIn(answer);
  const reason = refusal?.reason ?? answer.errors?.[0]?.message ?? response.statusText;
  return { code: response.status, reason, isComplete: refusal === undefined };
}
