import { headOf, rawConnection } from "../../raw-request.js";

/**
 * Opens connections that send half of a request, and as many that ask for much and read nothing of it.
 *
 * @returns a function that closes them.
 */
export function holdSlowClients(url: string, count: number): () => void {
  const body = JSON.stringify({ query: "{ __schema { types { name description fields { name description } } } }" });
  const headers = { "content-type": "application/json" };
  // Requests one after the other, each with a large answer that nobody reads.
  const whole = `${headOf(headers, body.length)}${body}`.repeat(20);
  const half = `${headOf(headers, 100_000)}${body}`;
  const sockets = Array.from({ length: 2 * count }, (_, index) => {
    const socket = rawConnection(url);
    socket.write(index % 2 === 0 ? half : whole);
    return socket;
  });
  return () => {
    for (const socket of sockets) socket.destroy();
  };
}
