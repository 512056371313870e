import { connect, type Socket } from "node:net";

/** A socket with a subscription, written to use little processor time. */
export type Listener = {
  /** Resolves when the subscription has begun. */
  readonly ready: Promise<void>;
  /** Stops reading. */
  readonly pause: () => void;
  readonly close: () => void;
};

export type Listening = {
  readonly url: string;
  readonly token: string;
  /** The selected fields of an event, in addition to the cursor. */
  readonly fields: string;
  readonly after?: string | undefined;
};

/** The callbacks of a listener. It looks at messages as text, since parsing them would be most of the work. */
export type Heard = {
  readonly onEvent: (at: number) => void;
  /** Called when the server has closed the socket, with the last cursor received. */
  readonly onEnd: (cursor: string | undefined) => void;
};

const cursorForm = /"cursor":"([\w-]+)"/g;
/** An empty ping, and its answer. */
const [ping, pong] = ["\u0089\u0000", Buffer.from([0x8a, 0x80, 0, 0, 0, 0])];

/** Returns milliseconds since 1970, comparable between processes and finer than Date.now(). */
const now = () => performance.timeOrigin + performance.now();

export function listen({ url, token, fields, after }: Listening, { onEvent, onEnd }: Heard): Listener {
  const { hostname, port } = new URL(url);
  const socket = connect({ host: hostname, port: Number(port), noDelay: true });
  let cursor: string | undefined;
  let isReady = false;
  let begin!: () => void;
  const ready = new Promise<void>((resolve) => (begin = resolve));
  const say = (message: object) => void socket.write(frame(JSON.stringify(message)));
  const subscribe = () => {
    const query = `subscription ($after: String) { postEvents(after: $after) { kind cursor ${fields} } }`;
    say({ type: "subscribe", id: "1", payload: { query, variables: { after } } });
    // A resumed subscription receives nothing until something happens.
    if (after !== undefined) begin();
    isReady = after !== undefined;
  };
  socket.on("data", (chunk) => {
    const text = chunk.toString("latin1");
    if (text.startsWith(ping)) socket.write(pong);
    if (text.startsWith("HTTP/1.1 101"))
      say({ type: "connection_init", payload: { authorization: `Bearer ${token}` } });
    if (text.includes('"connection_ack"')) subscribe();
    for (const [, found] of text.matchAll(cursorForm)) {
      cursor = found;
      if (isReady) onEvent(now());
      else begin();
      isReady = true;
    }
  });
  socket.on("error", () => {});
  // Answer the close frame by closing.
  socket.on("end", () => socket.end()).on("close", () => onEnd(cursor ?? after));
  socket.write(handshake);
  return { ready, pause: () => void socket.pause(), close: () => closed(socket) };
}

function closed(socket: Socket): void {
  socket.removeAllListeners("close");
  socket.resetAndDestroy();
}

const handshake = [
  "GET /graphql HTTP/1.1",
  "host: bench",
  "upgrade: websocket",
  "connection: Upgrade",
  "sec-websocket-version: 13",
  "sec-websocket-key: AAAAAAAAAAAAAAAAAAAAAA==",
  "sec-websocket-protocol: graphql-transport-ws",
  "\r\n",
].join("\r\n");

/** Makes a client's text frame, with a mask of zeros. */
function frame(text: string): Buffer {
  const bytes = Buffer.from(text);
  return Buffer.concat([Buffer.from([0x81, 0xfe, bytes.length >> 8, bytes.length & 0xff, 0, 0, 0, 0]), bytes]);
}
