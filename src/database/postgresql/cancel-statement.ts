import { connect } from "node:net";

import type { Client } from "pg";

// PostgreSQL's protocol, "CancelRequest": 1234 and 5678 in its two halves.
const cancelRequest = 80_877_102;

/**
 * Asks the server, on a separate connection, to cancel the statement that a connection runs. The server doesn't say
 * whether the request arrived in time. The promise resolves when the server has received it, so that a server that
 * doesn't answer is not asked again.
 *
 * @see https://www.postgresql.org/docs/current/protocol-flow.html#PROTOCOL-FLOW-CANCELING-REQUESTS
 */
export function cancelStatement(client: Client): Promise<void> {
  const { host, port, processID, secretKey } = client as Client & { processID: number; secretKey: number };
  const message = Buffer.alloc(16);
  for (const [index, word] of [message.length, cancelRequest, processID, secretKey].entries())
    message.writeInt32BE(word, index * 4);
  const socket = connect(host.startsWith("/") ? { path: `${host}/.s.PGSQL.${port}` } : { host, port });
  // The server closes the connection. If the request is lost, the statement still has its own timeout.
  const closed = new Promise<void>((resolve) => socket.once("close", () => resolve()));
  socket.on("error", () => {}).resume();
  // Not end(): PgBouncer crashes if the client half-closes the connection first (pgbouncer#801).
  socket.write(message);
  return closed;
}
