import { connect } from "node:net";

import type { Client } from "pg";

// PostgreSQL's protocol, "CancelRequest": 1234 and 5678 in its two halves.
const cancelRequest = 80_877_102;

/**
 * Asks the server to end the statement that a connection runs, by a connection of its own. The server doesn't say
 * whether it came in time; it resolves when the server has taken note, so that one that doesn't is asked no second time.
 *
 * @see https://www.postgresql.org/docs/current/protocol-flow.html#PROTOCOL-FLOW-CANCELING-REQUESTS
 */
export function cancelStatement(client: Client): Promise<void> {
  const { host, port, processID, secretKey } = client as Client & { processID: number; secretKey: number };
  const message = Buffer.alloc(16);
  for (const [index, word] of [message.length, cancelRequest, processID, secretKey].entries())
    message.writeInt32BE(word, index * 4);
  const socket = connect(host.startsWith("/") ? { path: `${host}/.s.PGSQL.${port}` } : { host, port });
  // Closed by the server. Whatever else becomes of it, the statement's own time limit ends that too.
  const closed = new Promise<void>((resolve) => socket.once("close", () => resolve()));
  socket.on("error", () => {}).resume();
  // Half closed by us before the server has closed it, it makes PgBouncer end (pgbouncer#801).
  socket.write(message);
  return closed;
}
