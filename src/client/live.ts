import { createClient, MessageType, type Client, type ClientOptions } from "graphql-ws/client";

import { machineTimer, type Later } from "./clock.js";
import type { Session } from "./session.js";

/** Those of graphql-ws, but for what is seen to here. */
export type LiveOptions = Omit<
  ClientOptions,
  "url" | "connectionParams" | "on" | "jsonMessageReplacer" | "shouldRetry"
> & {
  /** The endpoint for sockets; the session's, unless another is given. */
  readonly url?: string;
  readonly session: Pick<Session, "token"> & { readonly url?: string };
  readonly later?: Later;
};

const renewSecondsBefore = 10;
const forbidden = 4403;

/** A client for sockets that goes on where it was: with a newer token, and after the last event that it has seen. */
export function createLiveClient({ session, url, later = machineTimer, ...options }: LiveOptions): Client {
  const { token } = session;
  // Of each operation, the cursor of its last event.
  const cursors = new Map<string, string>();
  let socket: Socket | undefined;
  let given: string | undefined;
  let refused = "";
  let isOver = false;
  let isAnswered = true;

  /** Gives the socket a newer token before the end, which is counted from now on: no clock is compared. */
  function planRenewal(to: Socket | undefined, told: unknown) {
    const { expiresIn } = (told ?? {}) as { expiresIn?: number | null };
    // Else this is all that is left of the session, or tokens are too short to renew them all the time.
    if (expiresIn == null || expiresIn <= renewSecondsBefore) return;
    later(() => void renew(to).catch(() => {}), (expiresIn - renewSecondsBefore) * 1000);
  }
  // Where that fails the socket is closed at the token's end, and the next one asks again.
  async function renew(to: Socket | undefined) {
    if (to !== socket) return;
    const newer = await token(given);
    if (to !== socket || !newer) return;
    given = newer;
    to?.send(JSON.stringify({ type: MessageType.Ping, payload: { authorization: `Bearer ${newer}` } }));
  }

  const client = createClient({
    // A server that was restarted is there in seconds, and its clients shouldn't all come at once.
    retryAttempts: Infinity,
    retryWait: (retries) =>
      new Promise((resolve) => void machineTimer(resolve, Math.min(2 ** retries, 30) * (500 + 500 * Math.random()))),
    keepAlive: 20_000,
    ...options,
    url: url ?? socketUrlOf(session.url ?? ""),
    async connectionParams() {
      isOver = false;
      given = await token(refused);
      return given ? { authorization: `Bearer ${given}` } : {};
    },
    shouldRetry: () => !isOver,
    on: {
      connected(opened, told) {
        socket = opened as Socket;
        refused = "";
        planRenewal(socket, told);
      },
      closed(event) {
        socket = undefined;
        const { code, reason } = event as { code: number; reason: string };
        if (code !== forbidden) return;
        // What a new token doesn't mend. A key may have gone, once.
        isOver = reason === "TOKEN_INVALID" ? refused !== "" : reason !== "TOKEN_EXPIRED";
        refused = isOver ? "" : (given ?? "");
        // A session that has ended can't be refreshed: that tells the application, as it does for queries.
        if (isOver) token(given).catch(() => {});
      },
      message(message) {
        if (message.type === MessageType.Complete || message.type === MessageType.Error) cursors.delete(message.id);
        // An operation may be refused before the socket is closed for the same reason.
        if (message.type === MessageType.Error && message.payload.some(isForCredential)) token(given).catch(() => {});
        if (message.type !== MessageType.Next) return;
        for (const event of Object.values(message.payload.data ?? {}) as ({ cursor?: unknown } | null)[])
          if (typeof event?.cursor === "string") cursors.set(message.id, event.cursor);
      },
      ping(received) {
        if (received) return;
        // A network that has gone says nothing, least of all to the socket.
        const asked = socket;
        isAnswered = false;
        later(() => asked === socket && !isAnswered && client.terminate(), 5_000);
      },
      pong(received, told) {
        if (!received) return;
        isAnswered = true;
        planRenewal(socket, told);
      },
    },
    jsonMessageReplacer(key, message) {
      if (key !== "") return message;
      if (message.type === MessageType.Complete) cursors.delete(message.id);
      const after = cursors.get(message.id);
      if (message.type !== MessageType.Subscribe || after === undefined) return message;
      return { ...message, payload: { ...message.payload, variables: { ...message.payload.variables, after } } };
    },
  });
  return client;
}

const isForCredential = ({ extensions }: { readonly extensions?: Readonly<Record<string, unknown>> }) =>
  extensions?.["code"] === "UNAUTHENTICATED";

type Socket = { readonly send: (text: string) => void };

/** The address for sockets at an endpoint, which may be a path of the page's origin. */
function socketUrlOf(endpoint: string): string {
  const { location } = globalThis as { readonly location?: { readonly href: string } };
  return new URL(endpoint, location?.href).href.replace(/^http/, "ws");
}
