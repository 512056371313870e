import { connect } from "node:net";

/**
 * Opens connections that send half of a request, and as many that ask for much and read nothing of it.
 *
 * @returns what closes them.
 */
export function holdSlowClients(url: string, count: number): () => void {
  const { hostname, port, pathname } = new URL(url);
  // Requests one after the other without an answer being read, of which each has an answer of some size.
  const body = JSON.stringify({ query: "{ __schema { types { name description fields { name description } } } }" });
  const head = `POST ${pathname} HTTP/1.1\r\nhost: ${hostname}\r\ncontent-type: application/json\r\n`;
  const whole = `${head}content-length: ${body.length}\r\n\r\n${body}`.repeat(20);
  const half = `${head}content-length: 100000\r\n\r\n${body}`;
  const sockets = Array.from({ length: 2 * count }, (_, index) => {
    const socket = connect(Number(port), hostname);
    // The server may end it, which is its right.
    socket.on("error", () => {});
    socket.pause();
    socket.write(index % 2 === 0 ? half : whole);
    return socket;
  });
  return () => {
    for (const socket of sockets) socket.destroy();
  };
}
