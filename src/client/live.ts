import { createClient, MessageType, type Client, type ClientOptions, type Message } from "graphql-ws/client";

import { machineTimer, type Later } from "./clock.js";
import type { Session } from "./session.js";

/** The options of graphql-ws, except for those that are set here. */
export type LiveOptions = Omit<
  ClientOptions,
  "url" | "connectionParams" | "on" | "jsonMessageReplacer" | "shouldRetry"
> & {
  /** The endpoint for sockets; the session's by default. */
  readonly url?: string;
  readonly session: Pick<Session, "token"> & { readonly url?: string };
  readonly later?: Later;
};

const renewSecondsBefore = 10;
const pongMilliseconds = 5_000;
const forbidden = 4403;

/** Creates a client for sockets that goes on with a newer token and after the last event that it has seen. */
export function createLiveClient({ session, url, later = machineTimer, ...options }: LiveOptions): Client {
  const connection = new LiveConnection(session.token, later);
  const cursors = new Cursors();
  const client = createClient({
    // A restarted server is back in seconds, and its clients must not all come at once.
    retryAttempts: Infinity,
    retryWait: (retries) =>
      new Promise((resolve) => void machineTimer(resolve, Math.min(2 ** retries, 30) * (500 + 500 * Math.random()))),
    keepAlive: 20_000,
    ...options,
    url: url ?? socketUrlOf(session.url ?? ""),
    connectionParams: () => connection.params(),
    shouldRetry: () => !connection.isOver,
    on: {
      connected: (socket, payload) => connection.opened(socket as Socket, payload),
      closed: (event) => connection.closed(event as { code: number; reason: string }),
      message(message) {
        cursors.note(message);
        // An operation may be rejected before the socket is closed for the same reason.
        if (message.type === MessageType.Error && message.payload.some(isForCredential)) connection.refresh();
      },
      ping: (received) => void (received || connection.awaitPong(() => client.terminate())),
      pong: (received, payload) => void (received && connection.pong(payload)),
    },
    jsonMessageReplacer: (key, message) => (key === "" ? cursors.resume(message) : message),
  });
  return client;
}

/** The socket of a client, and the token that it was opened with. */
class LiveConnection {
  /** Whether a new token would not help, so that the client must not connect again. */
  isOver = false;
  private socket: Socket | undefined;
  private given: string | undefined;
  private rejected = "";
  private isAnswered = true;

  constructor(
    private readonly token: Session["token"],
    private readonly later: Later,
  ) {}

  async params(): Promise<Record<string, unknown>> {
    this.isOver = false;
    this.given = await this.token(this.rejected);
    // Without a token, the subscriptions of an ended session would go on as if nobody had signed in.
    if (this.rejected !== "" && this.given === undefined) {
      this.isOver = true;
      this.rejected = "";
      throw new Error("The session has ended");
    }
    return this.given ? { authorization: `Bearer ${this.given}` } : {};
  }

  opened(socket: Socket, payload: unknown): void {
    this.socket = socket;
    this.rejected = "";
    this.planRenewal(socket, payload);
  }

  closed({ code, reason }: { readonly code: number; readonly reason: string }): void {
    this.socket = undefined;
    if (code !== forbidden) return;
    // A new token helps if the old one has expired. It may help once if a signing key was removed.
    this.isOver = reason === "TOKEN_INVALID" ? this.rejected !== "" : reason !== "TOKEN_EXPIRED";
    this.rejected = this.isOver ? "" : (this.given ?? "");
    // A session that has ended can't be refreshed, which reports its end to the application, as for queries.
    if (this.isOver) this.refresh();
  }

  refresh(): void {
    this.token(this.given).catch(() => {});
  }

  /** Closes the socket if it doesn't answer a ping. A network that has gone reports nothing. */
  awaitPong(terminate: () => void): void {
    const asked = this.socket;
    this.isAnswered = false;
    this.later(() => void (asked === this.socket && !this.isAnswered && terminate()), pongMilliseconds);
  }

  pong(payload: unknown): void {
    this.isAnswered = true;
    this.planRenewal(this.socket, payload);
  }

  /** Sends the socket a newer token before its end. Time is counted from now on: no clocks are compared. */
  private planRenewal(to: Socket | undefined, payload: unknown): void {
    const { expiresIn } = (payload ?? {}) as { expiresIn?: number | null };
    // A shorter time is the rest of the session, or tokens are too short to renew them all the time.
    if (expiresIn == null || expiresIn <= renewSecondsBefore) return;
    this.later(() => void this.renew(to).catch(() => {}), (expiresIn - renewSecondsBefore) * 1000);
  }

  // If that fails, the socket is closed at the token's end, and the next one asks again.
  private async renew(to: Socket | undefined): Promise<void> {
    if (to !== this.socket) return;
    const newer = await this.token(this.given);
    if (to !== this.socket || !newer) return;
    this.given = newer;
    to?.send(JSON.stringify({ type: MessageType.Ping, payload: { authorization: `Bearer ${newer}` } }));
  }
}

/** The cursor of the last event of each operation. */
class Cursors {
  private readonly byOperation = new Map<string, string>();

  /** Records the cursor in a received message. */
  note(message: Message): void {
    if (message.type === MessageType.Complete || message.type === MessageType.Error)
      this.byOperation.delete(message.id);
    if (message.type !== MessageType.Next) return;
    for (const event of Object.values(message.payload.data ?? {}) as ({ cursor?: unknown } | null)[])
      if (typeof event?.cursor === "string") this.byOperation.set(message.id, event.cursor);
  }

  /** Returns a message to be sent, in which a repeated subscription goes on after its last event. */
  resume(message: Message): Message {
    if (message.type === MessageType.Complete) this.byOperation.delete(message.id);
    if (message.type !== MessageType.Subscribe) return message;
    const after = this.byOperation.get(message.id);
    if (after === undefined) return message;
    return { ...message, payload: { ...message.payload, variables: { ...message.payload.variables, after } } };
  }
}

const isForCredential = ({ extensions }: { readonly extensions?: Readonly<Record<string, unknown>> }) =>
  extensions?.["code"] === "UNAUTHENTICATED";

type Socket = { readonly send: (text: string) => void };

/** Returns the URL of sockets at an endpoint, which may be a path of the page's origin. */
function socketUrlOf(endpoint: string): string {
  const { location } = globalThis as { readonly location?: { readonly href: string } };
  // React Native's URL adds a slash at the end.
  const absolute = /^https?:/.test(endpoint) ? endpoint : new URL(endpoint, location?.href).href;
  return absolute.replace(/^http/, "ws");
}
