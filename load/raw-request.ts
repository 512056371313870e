import { connect, type Socket } from "node:net";

/** Opens a connection for raw bytes, which reads only on request. The server may close it. */
export function rawConnection(url: string): Socket {
  const { hostname, port } = new URL(url);
  const socket = connect(Number(port), hostname).on("error", () => {});
  socket.pause();
  return socket;
}

/** Returns the head of a POST to /graphql that announces a body of this length. */
export function headOf(headers: Readonly<Record<string, string>>, length: number): string {
  const all = { host: "127.0.0.1", ...headers, "content-length": length };
  const lines = Object.entries(all).map(([name, value]) => `${name}: ${value}\r\n`);
  return `POST /graphql HTTP/1.1\r\n${lines.join("")}\r\n`;
}
