import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { connect, type Socket } from "node:net";

import { onTestFinished } from "vitest";

import type { Api } from "./api.js";

/** A connection that can send bytes that no WebSocket library would, and that reads only on request. */
export type RawSocket = {
  readonly socket: Socket;
  /** Returns the head of the first answer when it has arrived. */
  readonly head: () => Promise<string>;
  /** Waits until the text received so far matches, and returns it. */
  readonly until: (pattern: RegExp) => Promise<string>;
  /** Returns everything that was received. */
  readonly text: () => string;
  /** Resolves when the server has ended the connection. */
  readonly ended: Promise<unknown>;
  /** Sends a text message. */
  readonly send: (message: object) => void;
};

export const opcode = { continuation: 0, text: 1, binary: 2, close: 8, ping: 9, pong: 10 } as const;

/** Makes a frame as a client sends it. */
export function frame(first: number, payload: string | Buffer = "", isFinal = true): Buffer {
  const bytes = Buffer.from(payload);
  const mask = randomBytes(4);
  const length =
    bytes.length < 126
      ? [0x80 | bytes.length]
      : bytes.length < 65_536
        ? [0xfe, bytes.length >> 8, bytes.length & 0xff]
        : [0xff, 0, 0, 0, 0, ...[24, 16, 8, 0].map((shift) => (bytes.length >> shift) & 0xff)];
  const masked = bytes.map((byte, index) => byte ^ mask[index % 4]!);
  return Buffer.concat([Buffer.from([(isFinal ? 0x80 : 0) | first, ...length]), mask, masked]);
}

/** Makes the head of a WebSocket handshake; headers that are undefined are left out. */
export function handshake(
  { method = "GET", path = "/graphql" }: { method?: string; path?: string } = {},
  headers: Record<string, string | undefined> = {},
): string {
  const all = {
    host: "postern.test",
    upgrade: "websocket",
    connection: "Upgrade",
    "sec-websocket-version": "13",
    "sec-websocket-key": randomBytes(16).toString("base64"),
    "sec-websocket-protocol": "graphql-transport-ws",
    ...headers,
  };
  const lines = Object.entries(all).flatMap(([name, value]) => (value === undefined ? [] : [`${name}: ${value}\r\n`]));
  return `${method} ${path} HTTP/1.1\r\n${lines.join("")}\r\n`;
}

/** Connects and sends bytes unchanged. The connection stays open until the test closes it, whatever the server does. */
export async function rawSocket(api: Pick<Api, "url">, bytes: string | Buffer): Promise<RawSocket> {
  const socket = connect({ port: Number(new URL(api.url).port), host: "127.0.0.1", allowHalfOpen: true });
  onTestFinished(() => void socket.destroy());
  let text = "";
  socket.on("error", () => {});
  socket.on("data", (chunk) => (text += chunk.toString("latin1")));
  await once(socket, "connect");
  socket.write(bytes);
  const ended = new Promise((resolve) => socket.once("end", resolve).once("close", resolve));
  const until = async (pattern: RegExp): Promise<string> => {
    while (!pattern.test(text)) {
      const more = await Promise.race([once(socket, "data"), ended.then(() => undefined)]);
      if (more === undefined && !pattern.test(text)) throw new Error(`the server ended the connection after: ${text}`);
    }
    return text;
  };
  return {
    socket,
    ended,
    text: () => text,
    until,
    head: async () => (await until(/\r\n\r\n/)).split("\r\n\r\n", 1)[0]!,
    send: (message) => void socket.write(frame(opcode.text, JSON.stringify(message))),
  };
}

/** Opens a socket of a signed-in user, and waits until the server has accepted it. */
export async function rawClient(api: Pick<Api, "url">, token: string): Promise<RawSocket> {
  const client = await rawSocket(api, handshake());
  await client.head();
  client.send({ type: "connection_init", payload: { authorization: `Bearer ${token}` } });
  await client.until(/connection_ack/);
  return client;
}
